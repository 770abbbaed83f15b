/** `typ` of a decision (RFC 8725, 3.11): what our key signs for another purpose is none. */
export const DECISION_TYPE = 'slipway-decision+jwt';

/** Decisions of releases before this had a type of their own are in ledgers as `JWT`. */
export const isDecisionType = (typ: string | undefined): boolean => typ === DECISION_TYPE || typ === 'JWT';
