import { readFileSync } from 'node:fs';

/**
 * How many times as long the machine's own work takes, since this was made, as on a machine with nothing else to do: the
 * share of its time that this process, wanting a processor, had to wait for one. From /proc/self/schedstat (nanoseconds on
 * a processor, nanoseconds waiting for one); 1 where there is none.
 */
export class MachineLoad {
  readonly #begin = schedule();

  get slowness(): number {
    const { ran, waited } = schedule();
    const running = ran - this.#begin.ran;
    return running > 0 ? 1 + (waited - this.#begin.waited) / running : 1;
  }
}

function schedule(): { readonly ran: number; readonly waited: number } {
  try {
    const [ran = 0, waited = 0] = readFileSync('/proc/self/schedstat', 'utf8').split(' ').map(Number);
    return { ran, waited };
  } catch {
    return { ran: 0, waited: 0 };
  }
}
