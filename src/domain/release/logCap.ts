/** What is kept of the output of one command. */
export const LOG_CAP_BYTES = 16 * 1024 * 1024;

const MIB = 1024 * 1024;

/** Said in the log where it ends early, and wherever its last lines are shown. */
export const describeCap = (bytesWritten: number): string =>
  `the log was capped: ${Math.round(bytesWritten / MIB)} MiB were written, the first ${LOG_CAP_BYTES / MIB} MiB are kept`;
