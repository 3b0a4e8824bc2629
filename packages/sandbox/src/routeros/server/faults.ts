/** Which commands a planned fault counts. `any` includes the login. */
export type FaultScope = 'any' | 'write' | 'read';

/** A fault that strikes once. */
export interface Fault {
  /**
   * After a reply: `close` ends the connection, `fatal` says so first. Instead of a reply: `reset` (not executed, RST, what
   * was not sent yet is lost), `lose` (executed, connection ended without a reply), `cut` (executed, half a reply, then the
   * end), `silent` (executed, never answered, the connection goes on).
   */
  readonly kind: 'close' | 'fatal' | 'reset' | 'lose' | 'cut' | 'silent';
  /** So many commands of the scope are answered as usual before. */
  readonly after: number;
  readonly of?: FaultScope;
  /** Of `fatal`. */
  readonly reason?: string;
  /** Of `lose`: how many commands of the window are executed without a reply before the connection ends. Default 1. */
  readonly count?: number;
}

interface Planned {
  readonly fault: Fault;
  left: number;
}

/** Planned faults of all connections together, earliest plan first. */
export class Faults {
  #planned: Planned[] = [];

  plan(fault: Fault): void {
    this.#planned.push({ fault, left: fault.after });
  }

  get pending(): number {
    return this.#planned.length;
  }

  clear(): void {
    this.#planned = [];
  }

  /** The fault that meets this command instead of a reply. */
  beforeCommand(scope: 'write' | 'read'): Fault | undefined {
    return this.#strike(scope, ['reset', 'lose', 'cut', 'silent'], 0);
  }

  /** The fault that follows this reply. */
  afterReply(scope: 'write' | 'read'): Fault | undefined {
    return this.#strike(scope, ['close', 'fatal'], 1);
  }

  #strike(scope: 'write' | 'read', kinds: readonly Fault['kind'][], atMost: number): Fault | undefined {
    for (const planned of this.#planned) {
      const { of = 'any', kind } = planned.fault;
      if (!kinds.includes(kind) || (of !== 'any' && of !== scope)) continue;
      if (planned.left <= atMost) {
        this.#planned = this.#planned.filter((other) => other !== planned);
        return planned.fault;
      }
      planned.left -= 1;
    }
    return undefined;
  }
}
