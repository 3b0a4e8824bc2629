import { accessSync, constants, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { AuthError, ConfigError, messageOf, TransientError } from '@bouncer/stream';

/** The folder that a renderer's files go to. Every file is replaced as a whole: readers see the old one or the new one. */
export class OutputFolder {
  readonly folder: string;
  /** The variable that names it, for errors. */
  readonly variable: string;

  constructor(folder: string, variable: string) {
    this.folder = folder;
    this.variable = variable;
  }

  /** @throws ConfigError when it is no folder, AuthError when nothing may be written there. */
  assertWritable(): void {
    try {
      if (!statSync(this.folder).isDirectory()) {
        const hint = 'name a folder there, or move that file away and create the folder';
        throw new ConfigError(`${this.variable}: ${this.folder} is no folder`, { hint });
      }
      accessSync(this.folder, constants.W_OK | constants.X_OK);
    } catch (error) {
      throw error instanceof ConfigError ? error : this.explain(error);
    }
  }

  /** The bytes of a file; undefined when it is not there. */
  read(file: string): Buffer | undefined {
    try {
      return readFileSync(path.join(this.folder, file));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw this.explain(error);
    }
  }

  /** True when the file has exactly these bytes. */
  holds(file: string, bytes: Uint8Array): boolean {
    const size = statSync(path.join(this.folder, file), { throwIfNoEntry: false })?.size;
    return size === bytes.length && (this.read(file)?.equals(bytes) ?? false);
  }

  /** Inode, size and time of change: differs whenever somebody has touched the file. Undefined when it is not there. */
  stamp(file: string): string | undefined {
    const stat = statSync(path.join(this.folder, file), { throwIfNoEntry: false });
    return stat && `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
  }

  /** Temp file in the same folder, fsync, rename. */
  async replace(file: string, bytes: Uint8Array, mode = 0o644): Promise<void> {
    try {
      // A view: a list of 100,000 has 2 MB.
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      await writeFileAtomic(path.join(this.folder, file), view, { mode, fsync: true });
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** Does nothing when it is not there. */
  remove(file: string): void {
    try {
      rmSync(path.join(this.folder, file), { force: true });
    } catch (error) {
      throw this.explain(error);
    }
  }

  /** An error of the file system as one of ours, with what to do about it. */
  explain(error: unknown): Error {
    const code = codeOf(error);
    const cause = { cause: error };
    const where = `${this.variable}: ${this.folder}`;
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
      const user = process.getuid?.() ?? 'this user';
      const hint = `make it writable for user id ${user}: chown ${user} on the host's folder, and mount it without :ro`;
      return new AuthError(`${where} may not be written (${code})`, { ...cause, hint });
    }
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return new ConfigError(`${where} is not there`, {
        ...cause,
        hint: 'create the folder, or mount it into the container',
      });
    }
    const hint = code === 'ENOSPC' ? 'make room on the disk' : '';
    return new TransientError(`${where}: ${messageOf(error)}`, { ...cause, hint });
  }
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
