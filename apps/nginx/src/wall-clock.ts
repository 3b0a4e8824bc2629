import type { Clock, Instant } from '@bouncer/stream';

/** A difference of so many seconds is rounding or slewing, more is somebody setting the clock. */
const TOLERANCE_SECONDS = 2;

/**
 * Turns ends on our monotonic clock into ends on the wall clock, which is all that NGINX knows. The distance of the two
 * is kept, so that the same end gives the same bytes every time; when the wall clock was set (a Raspberry Pi after its
 * start), it is measured anew.
 */
export class WallClock {
  readonly #clock: Clock;
  #offset: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = this.#measure();
  }

  /** True when the wall clock was set since the last `adjust`. */
  get isOff(): boolean {
    return Math.abs(this.#measure() - this.#offset) > TOLERANCE_SECONDS;
  }

  adjust(): void {
    if (this.isOff) this.#offset = this.#measure();
  }

  /** Second of the wall clock. */
  secondOf(instant: Instant): number {
    return instant + this.#offset;
  }

  /** Instant of a second of the wall clock. */
  instantOf(second: number): Instant {
    return second - this.#offset;
  }

  #measure(): number {
    return Math.round((this.#clock.wall() - this.#clock.now()) / 1000);
  }
}
