/** What the router did since it was made, or since `reset`. For assertions: "a second sync wrote nothing". */
export class Counters {
  /** Commands executed, login included. */
  commands = 0;
  /** Successful `add`, `set` (with enable, disable and move) and `remove` commands of any menu. */
  adds = 0;
  sets = 0;
  removes = 0;
  /** Rows that those commands made, changed or took away. */
  entriesTouched = 0;
  /** `print`, `getall` and `find` commands. */
  prints = 0;
  /** Those of them that looked through all rows of an address list. */
  scans = 0;
  /** Commands that ended in a trap. */
  traps = 0;
  /** The most commands of one connection that were unanswered at the same time. */
  maxInFlight = 0;
  /** Connections accepted, those that were closed at once included. */
  connections = 0;
  /** Logins that succeeded. */
  logins = 0;
  /** Milliseconds of the processor that commands have cost, and the part of it that went into looking at rows. */
  busyMs = 0;
  scanMs = 0;

  /** Successful commands that changed something. */
  get writes(): number {
    return this.adds + this.sets + this.removes;
  }

  /** A copy of the numbers as they are now. */
  snapshot(): Readonly<Record<string, number>> {
    return { ...Object.fromEntries(Object.entries(this)), writes: this.writes };
  }

  reset(): void {
    Object.assign(this, new Counters());
  }
}
