export interface Notification {
  /** Receivers drop repeats of the same ID. */
  readonly id: string;
  readonly kind:
    | 'approval_requested'
    | 'approval_reminder'
    | 'approval_delegated'
    | 'approval_escalated'
    | 'approval_expired'
    | 'changes_requested'
    | 'question_asked'
    | 'comment_added'
    | 'decision_void'
    | 'decisions_refused'
    | 'authority_lapsed'
    | 'notification_undelivered'
    | 'incident_opened'
    | 'incident_escalated'
    | 'incident_resolved'
    | 'release_ended'
    | 'step_waits'
    | 'bake_asks';
  /** Identity or channel. */
  readonly to: string;
  readonly subject: string;
  readonly body: string;
  /** A link, never an authority. */
  readonly url?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Delivers at least once. `notification_failed` is retryable, `notification_refused` is not: somebody must correct the channel. */
export interface Notifier {
  notify(notification: Notification): Promise<void>;
}
