import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { OutputFolder } from '@bouncer/target';
import { messageOf } from '@bouncer/stream';

/**
 * The file that HAProxy reads the ACL from when it starts. What is added by the runtime API is lost with the process: with the
 * file up to date, a reload or a restart begins with the whole list, and there is no gap.
 */
export class AclFile {
  readonly path: string;
  readonly #folder: OutputFolder;
  readonly #name: string;
  /** How the file looked when it was last known to be right. */
  #stamp: string | undefined;
  /** True once it was there: then it is HAProxy's own that we see, and a missing one was deleted. */
  #wasSeen = false;

  constructor(file: string) {
    this.path = file;
    this.#name = path.basename(file);
    this.#folder = new OutputFolder(path.dirname(file), 'HAPROXY_ACL');
  }

  /** Undefined for an ACL that has no file with an absolute path. */
  static of(acl: string): AclFile | undefined {
    return path.isAbsolute(acl) ? new AclFile(acl) : undefined;
  }

  /** Why it cannot be written from here; undefined when it can. */
  problem(): string | undefined {
    try {
      const found = statSync(this.path, { throwIfNoEntry: false });
      this.#wasSeen ||= found !== undefined;
      if (!this.#wasSeen) return 'it is not to be seen from here';
      if (found?.isFile() === false) return 'it is no file';
      accessSync(path.dirname(this.path), constants.W_OK | constants.X_OK);
      return undefined;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'ENOENT' || code === 'ENOTDIR') return 'it is not to be seen from here';
      return code === 'EACCES' || code === 'EROFS' ? 'its folder may not be written' : messageOf(error);
    }
  }

  /** True when nobody has touched it since it was right; reads nothing of it. */
  isUntouched(): boolean {
    return this.#stamp !== undefined && this.#stamp === this.#folder.stamp(this.#name);
  }

  /** True when it is there and holds these lines and no others; the order does not matter. */
  holds(lines: { readonly size: number; has(line: never): boolean }): boolean {
    const stamp = this.#folder.stamp(this.#name);
    const text = existsSync(this.path) ? readFileSync(this.path, 'latin1') : undefined;
    const found = text?.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
    const isRight = found?.length === lines.size && found.every((line) => lines.has(line as never));
    this.#stamp = isRight ? stamp : undefined;
    return isRight;
  }

  /** Replaces it as a whole: a reload in that moment reads the old list or the new one. */
  async write(lines: Iterable<string>): Promise<void> {
    const all = [...lines];
    await this.#folder.replace(this.#name, Buffer.from(all.length === 0 ? '' : `${all.join('\n')}\n`));
    this.#stamp = this.#folder.stamp(this.#name);
  }
}

/** What to do about a file that cannot be kept up to date. */
export function fileFix(file: string): string {
  const folder = path.dirname(file);
  return `let the connector write to ${folder}, mounted at that same path: else a reload of HAProxy begins with what the file says, until that is healed within a minute`;
}
