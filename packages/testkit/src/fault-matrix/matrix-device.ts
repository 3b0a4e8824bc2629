/** The far side of a connector, as the matrix sees it. */
export interface MatrixDevice extends AsyncDisposable {
  /**
   * Which of these networks it blocks now, asked of the device itself and never of the connector; undefined while nothing
   * can pass it at all, because it is down.
   */
  blocked(networks: readonly string[]): Promise<ReadonlySet<string> | undefined>;
  /** When one look takes a request for each network: how many a look may ask for. Default: all of them. */
  readonly sample?: number;
  /**
   * Milliseconds of real time after which a ban that was seen once is in force everywhere; default 0. NGINX's workers take a
   * new list one by one, within a second each.
   */
  readonly settleMs?: number;
  /** What we have asked of it so far: connections, commands, runs of its program. A hot loop would show here. */
  activity(): number;
  /**
   * Has the next apply stand still in its middle. `reached` resolves when it does; `release` lets everything go on.
   */
  holdApply?(): { readonly reached: () => boolean | Promise<boolean>; release(): void | Promise<void> };
}
