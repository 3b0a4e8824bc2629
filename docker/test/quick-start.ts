import { blocksOf, commandsOf, wordsOf } from './blocks.ts';

/** What a quick start of the README has people copy. */
export interface QuickStart {
  /** What is done before `docker run -d` beside docker's own commands, a line each; as root, so without sudo. */
  readonly before: readonly string[];
  /** The words behind `docker run --rm` of what is asked before. */
  readonly asked: readonly (readonly string[])[];
  /** The words behind `docker run -d`, less the image. */
  readonly options: readonly string[];
  readonly image: string;
}

/**
 * The blocks of a quick start, with values put in place of its examples, in the order of `values`. Throws when it has no
 * such example: the tests run what the README says, not what they think that it says.
 */
export async function quickStart(title: string, values: Readonly<Record<string, string>>): Promise<QuickStart> {
  const blocks = (await blocksOf('README.md')).filter(({ heading }) => heading === `Quick start: ${title}`);
  const last = blocks.findIndex(({ code }) => code.includes('docker run -d '));
  if (last === -1) throw new Error(`the README has no quick start of ${title}`);
  let code = blocks
    .slice(0, last + 1)
    .map((block) => block.code)
    .join('\n');
  for (const [example, value] of Object.entries(values)) {
    if (!code.includes(example)) throw new Error(`the quick start of ${title} has no ${example}`);
    code = code.replaceAll(example, value);
  }
  const commands = commandsOf(code);
  const docker = commands.filter((line) => line.startsWith('docker run '));
  const words = await Promise.all(docker.map(wordsOf));
  const start = words.find((each) => each[1] === '-d') ?? [];
  return {
    before: commands.filter((line) => !docker.includes(line)).map((line) => line.replaceAll('sudo ', '')),
    asked: words.filter((each) => each[1] === '--rm').map((each) => each.slice(2)),
    options: start.slice(2, -1),
    image: start.at(-1) ?? '',
  };
}
