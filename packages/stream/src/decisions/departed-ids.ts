/**
 * Ids of decisions that left a network which others still hold. LAPI repeats a deletion for about two seconds, and
 * tells an expiry that we have already seen ourselves; without this memory each would look like the deletion of
 * something we never knew of.
 */
export class DepartedIds {
  #recent = new Set<number>();
  #earlier = new Set<number>();

  add(id: number): void {
    this.#recent.add(id);
  }

  has(id: number): boolean {
    return this.#recent.has(id) || this.#earlier.has(id);
  }

  /** One step on: what was added before the previous step is forgotten. */
  age(): void {
    this.#earlier = this.#recent;
    if (this.#recent.size > 0) this.#recent = new Set();
  }
}
