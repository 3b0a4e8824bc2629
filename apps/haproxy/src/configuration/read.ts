import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The text of a file of HAProxy's configuration; undefined where it cannot be read from here. */
export function readConfiguration(file: string): string | undefined {
  // What is relative is so to where HAProxy was started, which nobody tells.
  if (!path.isAbsolute(file)) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
