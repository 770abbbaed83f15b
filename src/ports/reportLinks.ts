/** Links that open one report, for anybody who has them, for a while; made and checked by the API alone. */
export interface ReportLinks {
  /**
   * @param path of the report in the API, without a query
   * @param until epoch milliseconds
   */
  sign(path: string, until: number): string;
  /** Was this made for this path and this end? The end itself is the caller's to check. */
  holds(path: string, until: number, signature: string): boolean;
}
