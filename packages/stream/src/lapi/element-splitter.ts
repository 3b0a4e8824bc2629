import { malformedAnswer } from './lapi-error.ts';

/**
 * Elements of one array, in order and JSON-parsed; `key` is `new` or `deleted`, and empty for a bare array. An element
 * longer than a megabyte comes as undefined.
 */
export type OnElements = (key: string, elements: readonly unknown[]) => void;

export interface SplitterOptions {
  /** `object` for the stream (`{"new": [...], "deleted": [...]}`), `array` for `/v1/decisions` (`[...]` or `null`). */
  readonly root: 'object' | 'array';
  /** Keys whose arrays are handed over; other values are skipped unread. */
  readonly keys: ReadonlySet<string>;
}

const [TAB, LF, CR, BLANK] = [9, 10, 13, 32];
const [QUOTE, COMMA, COLON, BACKSLASH, LESS_THAN] = [0x22, 0x2c, 0x3a, 0x5c, 0x3c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT, LETTER_N] = [0x5b, 0x5d, 0x7b, 0x7d, 0x6e];

/** An element that is longer is an attack on our memory, and passed over as it comes. */
const MAX_ELEMENT_LENGTH = 1 << 20;

type State = 'root' | 'first-key' | 'key' | 'colon' | 'value' | 'null' | 'array' | 'skip' | 'after-value' | 'end';

/**
 * Cuts the answer into runs of whole array elements as it arrives, and gives each run to JSON.parse: neither the body
 * nor the tree of all its objects is ever in memory at once. It looks at brackets, quotes and commas only; that what
 * lies between is JSON, JSON.parse sees to.
 *
 * Why not a streaming parser from the shelf: 100,000 decisions (18 MB) cost @streamparser/json 0.0.22 640 to 980 ms
 * where JSON.parse of the whole takes 110 to 150 ms, and a Raspberry Pi is several times slower. This takes 100 to 150 ms.
 */
export class ElementSplitter {
  readonly #options: SplitterOptions;
  readonly #onElements: OnElements;
  #state: State = 'root';
  #key = '';
  /** True once a key that we know, or no key at all, showed that this is LAPI's answer. */
  #recognised = true;
  /** Bytes of the run so far that came with earlier chunks. */
  #carried: Buffer | undefined;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** True after a comma in an array: an element must follow. */
  #expectsElement = false;
  #nullSeen = 0;
  /** True inside an element that is too long. */
  #isOversized = false;
  readonly #found = new Set<string>();

  constructor(options: SplitterOptions, onElements: OnElements) {
    this.#options = options;
    this.#onElements = onElements;
  }

  /** Takes the next piece of the body. Throws TransientError. */
  write(chunk: Buffer): void {
    let index = 0;
    while (index < chunk.length) {
      if (this.#state === 'array') index = this.#readArray(chunk, index);
      else if (this.#state === 'skip') index = this.#skipValue(chunk, index);
      else if (this.#state === 'key' && this.#inString) index = this.#readKey(chunk, index);
      else if (this.#state === 'null') index = this.#readNull(chunk, index);
      else {
        index += this.#step(chunk[index] ?? 0);
      }
    }
  }

  /** True once this key was there, with an array or null behind it. */
  has(key: string): boolean {
    return this.#found.has(key);
  }

  /** The body is complete. Throws TransientError when the JSON is not. */
  end(): void {
    if (this.#state !== 'end') throw malformedAnswer('the answer ends in the middle');
  }

  /** One byte between values; returns how many bytes were used up, which is none when the byte begins a value to skip. */
  #step(byte: number): 0 | 1 {
    if (byte === BLANK || byte === LF || byte === CR || byte === TAB) return 1;
    if (this.#state === 'root') this.#openRoot(byte);
    else if (this.#state === 'first-key' && byte === CLOSE_OBJECT) this.#state = 'end';
    else if (this.#state === 'first-key' || this.#state === 'key') this.#openKey(byte);
    else if (this.#state === 'colon' && byte === COLON) this.#state = 'value';
    else if (this.#state === 'value') return this.#openValue(byte);
    else if (this.#state === 'after-value' && byte === COMMA) this.#state = 'key';
    else if (this.#state === 'after-value' && byte === CLOSE_OBJECT) this.#close();
    else throw malformedAnswer(this.#state === 'end' ? 'something follows its end' : 'not the JSON that was expected');
    return 1;
  }

  #openRoot(byte: number): void {
    if (byte === OPEN_OBJECT && this.#options.root === 'object') this.#state = 'first-key';
    else if (byte === OPEN_ARRAY && this.#options.root === 'array') this.#openArray();
    else if (byte === LETTER_N && this.#options.root === 'array') this.#openNull();
    else throw malformedAnswer(byte === LESS_THAN ? 'HTML instead of JSON' : 'not the JSON that was expected');
  }

  #openValue(byte: number): 0 | 1 {
    if (this.#key !== 'new' && this.#key !== 'deleted') {
      this.#state = 'skip';
      return 0;
    }
    if (byte === OPEN_ARRAY) this.#openArray();
    else if (byte === LETTER_N) this.#openNull();
    else throw malformedAnswer(`"${this.#key}" is not an array`);
    this.#found.add(this.#key);
    return 1;
  }

  #openKey(byte: number): void {
    if (byte !== QUOTE) throw malformedAnswer('not the JSON that was expected');
    // Only an object without any key may lack both arrays.
    if (this.#state === 'first-key') this.#recognised = false;
    this.#state = 'key';
    this.#inString = true;
    this.#key = '';
  }

  #openArray(): void {
    this.#recognised = true;
    this.#expectsElement = false;
    this.#state = 'array';
  }

  #openNull(): void {
    this.#recognised = true;
    this.#nullSeen = 1;
    this.#state = 'null';
  }

  /** Anything may say `{"status":"ok"}`; to take that for "nothing is banned" would unban everyone. */
  #close(): void {
    if (!this.#recognised) throw malformedAnswer('neither "new" nor "deleted" is in the answer');
    this.#state = 'end';
  }

  #valueEnds(): void {
    this.#state = this.#options.root === 'array' ? 'end' : 'after-value';
  }

  #readNull(chunk: Buffer, index: number): number {
    if (chunk[index] !== 'null'.charCodeAt(this.#nullSeen)) throw malformedAnswer('not the JSON that was expected');
    this.#nullSeen++;
    if (this.#nullSeen === 4) this.#valueEnds();
    return index + 1;
  }

  #readKey(chunk: Buffer, start: number): number {
    const quote = chunk.indexOf(QUOTE, start);
    const end = quote === -1 ? chunk.length : quote;
    this.#key += chunk.toString('latin1', start, end);
    if (this.#key.length > 100 || this.#key.includes('\\')) throw malformedAnswer('a key that LAPI does not have');
    if (quote === -1) return end;
    this.#inString = false;
    this.#state = 'colon';
    return quote + 1;
  }

  /** Moves on inside an array and hands over the run of elements that is complete. */
  #readArray(chunk: Buffer, start: number): number {
    const wanted = this.#options.root === 'array' || this.#options.keys.has(this.#key);
    if (this.#isOversized) return this.#passOversized(chunk, start);
    let lastComma = -1;
    for (
      let index = this.#nextOfArray(chunk, start);
      index < chunk.length;
      index = this.#nextOfArray(chunk, index + 1)
    ) {
      if (chunk[index] === COMMA) {
        lastComma = index;
        continue;
      }
      if (chunk[index] === CLOSE_OBJECT) throw malformedAnswer('not the JSON that was expected');
      if (wanted) this.#handOver(chunk.subarray(start, index), false);
      this.#valueEnds();
      return index + 1;
    }
    if (!wanted) return chunk.length;
    if (lastComma !== -1) this.#handOver(chunk.subarray(start, lastComma), true);
    const rest = chunk.subarray(lastComma === -1 ? start : lastComma + 1);
    this.#carried = this.#carried ? Buffer.concat([this.#carried, rest]) : Buffer.from(rest);
    if (this.#carried.length > MAX_ELEMENT_LENGTH) {
      this.#carried = undefined;
      this.#isOversized = true;
    }
    return chunk.length;
  }

  /** The rest of an element that is too long; what it holds is not looked at. */
  #passOversized(chunk: Buffer, start: number): number {
    const index = this.#nextOfArray(chunk, start);
    if (index === chunk.length) return index;
    if (chunk[index] === CLOSE_OBJECT) throw malformedAnswer('not the JSON that was expected');
    this.#isOversized = false;
    this.#expectsElement = chunk[index] === COMMA;
    this.#onElements(this.#key, [undefined]);
    if (chunk[index] !== COMMA) this.#valueEnds();
    return index + 1;
  }

  /** The next comma or closing bracket of the array itself, passing over what lies inside its elements. */
  #nextOfArray(chunk: Buffer, start: number): number {
    let depth = this.#depth;
    let inString = this.#inString;
    let escaped = this.#escaped;
    let index = start;
    for (; index < chunk.length; index++) {
      const byte = chunk[index];
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) inString = true;
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) depth++;
      else if (depth === 0 && (byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT)) break;
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--;
    }
    this.#depth = depth;
    this.#inString = inString;
    this.#escaped = escaped;
    return index;
  }

  /** A value under a key that means nothing to us. */
  #skipValue(chunk: Buffer, start: number): number {
    const index = this.#nextOfArray(chunk, start);
    if (index < chunk.length) this.#state = 'after-value';
    return index;
  }

  #handOver(bytes: Buffer, moreFollow: boolean): void {
    const run = this.#carried ? Buffer.concat([this.#carried, bytes]) : bytes;
    this.#carried = undefined;
    let elements: unknown[];
    try {
      elements = JSON.parse(`[${run.toString('utf8')}]`) as unknown[];
    } catch {
      throw malformedAnswer('not the JSON that was expected');
    }
    if (elements.length === 0 && (moreFollow || this.#expectsElement)) throw malformedAnswer('a comma too many');
    this.#expectsElement = moreFollow;
    if (elements.length > 0) this.#onElements(this.#key, elements);
  }
}
