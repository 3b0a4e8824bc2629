/**
 * Arrays that serve again for the next list. A list of 100,000 needs 5 MB of them, and V8 gives memory outside of its heap
 * back late: with new ones each time the process grows by 15 MB, and spends more time on collecting than on the list.
 */
export class Scratch {
  readonly #buffers = new Map<string, ArrayBuffer>();

  /** Room for `length` numbers; what is in it is left from before. Valid until the same name is asked for again. */
  int32(name: string, length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#buffer(name, length * 4), 0, length);
  }

  uint32(name: string, length: number): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.#buffer(name, length * 4), 0, length);
  }

  uint8(name: string, length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer(name, length), 0, length);
  }

  bigUint64(name: string, length: number): BigUint64Array<ArrayBuffer> {
    return new BigUint64Array(this.#buffer(name, length * 8), 0, length);
  }

  #buffer(name: string, bytes: number): ArrayBuffer {
    let buffer = this.#buffers.get(name);
    if (!buffer || buffer.byteLength < bytes) {
      // A little more, so that a list that grows by one each time does not ask anew each time.
      buffer = new ArrayBuffer(Math.ceil((bytes * 9) / 8 / 8) * 8);
      this.#buffers.set(name, buffer);
    }
    return buffer;
  }
}
