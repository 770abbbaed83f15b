import picocolors from 'picocolors';

/** Always on: what a text is written to decides whether its colours stay, see `createOutput`. */
export const colors = picocolors.createColors(true);
