/** One decision as LAPI sends it, its shape checked but not its meaning. All texts are untrusted. */
export interface WireDecision {
  /** Row id in LAPI's database. */
  readonly id: number;
  readonly origin: string;
  readonly scenario: string;
  /** `Ip`, `Range`, `Country`, `AS` or anything that a user made up; the case varies. */
  readonly scope: string;
  readonly type: string;
  readonly value: string;
  /** Go duration from the moment of the answer; negative for deletions. */
  readonly duration: string;
}
