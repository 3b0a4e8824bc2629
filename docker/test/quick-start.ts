import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** What a quick start of the README has people copy. */
export interface QuickStart {
  /** What stands before `docker run`, a line each; as root, so without sudo. */
  readonly before: readonly string[];
  /** The words behind `docker run -d`, less the image. */
  readonly options: readonly string[];
  readonly image: string;
}

const readme = path.resolve(import.meta.dirname, '../../README.md');

/**
 * The block of a quick start, with values put in place of its examples. Throws when it has no such example: the tests run
 * what the README says, not what they think that it says.
 */
export async function quickStart(title: string, values: Readonly<Record<string, string>>): Promise<QuickStart> {
  const text = await readFile(readme, 'utf8');
  const section = text.split(/^## /m).find((part) => part.startsWith(`Quick start: ${title}\n`)) ?? '';
  let block = [...section.matchAll(/^ *```\n([^]*?)^ *```$/gm)]
    .map(([, code = '']) => code)
    .find((code) => code.includes('docker run -d '));
  if (block === undefined) throw new Error(`the README has no quick start of ${title}`);
  for (const [example, value] of Object.entries(values)) {
    if (!block.includes(example)) throw new Error(`the quick start of ${title} has no ${example}`);
    block = block.replaceAll(example, value);
  }
  const [before = '', command = ''] = block.split(/^ *docker run -d /m);
  const words = command
    .replaceAll(/\\\n|"/g, ' ')
    .trim()
    .split(/\s+/);
  const lines = before.split('\n').map((line) => line.trim().replaceAll('sudo ', ''));
  return { before: lines.filter((line) => line !== ''), options: words.slice(0, -1), image: words.at(-1) ?? '' };
}
