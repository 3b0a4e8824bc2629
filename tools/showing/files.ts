import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** Counts the files of a folder that were written or removed since the last look. */
export class FileWrites {
  readonly #folder: string;
  readonly #counts: (file: string) => boolean;
  #before: ReadonlyMap<string, string>;

  constructor(folder: string, counts: (file: string) => boolean = () => true) {
    this.#counts = counts;
    this.#folder = folder;
    this.#before = this.#stamps();
  }

  count(): number {
    const [before, now] = [this.#before, this.#stamps()];
    this.#before = now;
    return [...new Set([...before.keys(), ...now.keys()])].filter((name) => before.get(name) !== now.get(name)).length;
  }

  #stamps(): ReadonlyMap<string, string> {
    const entries = readdirSync(this.#folder, { withFileTypes: true, recursive: true }).filter(
      (each) => each.isFile() && this.#counts(each.name),
    );
    return new Map(
      entries.map(({ parentPath, name }) => {
        const file = path.join(parentPath, name);
        const { ino, mtimeMs, size } = statSync(file);
        return [file, `${ino} ${mtimeMs} ${size}`];
      }),
    );
  }
}
