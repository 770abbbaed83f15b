import type { BusinessCalendar } from '../calendar/types.js';

/** A role that holds in some places only; a list that is absent is every model, or every environment. */
export interface Grant {
  readonly role: string;
  readonly models?: readonly string[];
  readonly environments?: readonly string[];
}

/** The operator took everything away from an identity. */
export interface Revocation {
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly since: number;
}

/** What an identity provider said of somebody's groups, and until when it counts. Epoch milliseconds. */
export interface ClaimsAge {
  readonly assertedAt: number;
  readonly countUntil: number;
  /** False: the roles that came from groups are not among the identity's any more. */
  readonly count: boolean;
}

/** Somebody, or something, that the API knows by name. */
export interface Holder {
  readonly name: string;
  /** Absent: a person. A service starts releases, and decides nothing. */
  readonly kind?: 'person' | 'service';
  /** Identities of one person name the same; absent: the identity's own name. */
  readonly person?: string;
  /** Roles that hold everywhere. */
  readonly roles: readonly string[];
  readonly grants?: readonly Grant[];
  readonly revoked?: Revocation;
  /** Absent: no role of it came from groups. */
  readonly claims?: ClaimsAge;
  /** Why it cannot be told apart from another identity; it has no role then. */
  readonly conflict?: string;
}

export interface Identity extends Holder {
  /** Commits with these addresses are the identity's. */
  readonly gitEmails: readonly string[];
  /** When this person works; absent: at every hour. */
  readonly calendar?: BusinessCalendar;
  /** Who may decide in this place when a wait comes to that. */
  readonly deputies?: readonly string[];
  /** The person’s user ID in Slack. */
  readonly slack?: string;
  /** What the identity provider calls it by. */
  readonly subject?: string;
  /** How the identity provider names the person, for readers. */
  readonly label?: string;
  /** The operator's file does not have it: it exists by what the identity provider said. */
  readonly fromClaims?: true;
}

/** Where a role is asked for. What is absent is asked for as a whole: a role in one environment is none in all of them. */
export interface Place {
  readonly model?: string;
  readonly environment?: string;
}
