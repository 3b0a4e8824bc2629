/** Row numbers, many of them, in eight bytes each. Filled first, asked afterwards. */
export class IdSet {
  #ids = new Float64Array(1024);
  #count = 0;
  #sorted = true;

  get size(): number {
    return this.#count;
  }

  add(id: number): void {
    if (this.#count === this.#ids.length) {
      const larger = new Float64Array(2 * this.#count);
      larger.set(this.#ids);
      this.#ids = larger;
    }
    this.#sorted &&= this.#count === 0 || (this.#ids[this.#count - 1] ?? 0) <= id;
    this.#ids[this.#count++] = id;
  }

  has(id: number): boolean {
    if (!this.#sorted) {
      this.#ids.subarray(0, this.#count).sort();
      this.#sorted = true;
    }
    let low = 0;
    let high = this.#count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = this.#ids[middle] ?? 0;
      if (found === id) return true;
      if (found < id) low = middle + 1;
      else high = middle - 1;
    }
    return false;
  }
}
