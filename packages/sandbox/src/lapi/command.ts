import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Command, InvalidArgumentError, Option } from 'commander';
import { decisionMix } from '../decisions/decision-mix.ts';
import { lapiGenerations } from './generation.ts';
import type { LapiGeneration } from './generation.ts';
import { startLapi } from './start-lapi.ts';
import type { LapiSandbox } from './start-lapi.ts';

interface Flags {
  readonly port: number;
  readonly host: string;
  readonly prefix: string;
  readonly key: string;
  readonly generation: LapiGeneration;
  readonly decisions: number;
  readonly lists: number;
  readonly local: number;
  readonly seed: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

const help =
  'Standard input takes lines: ban VALUE [SECONDS], unban VALUE, down, up, count. It ends with SIGINT or SIGTERM.';

/** `lapi`: the stand-in with a realistic set of decisions, until it is stopped. */
export function lapiCommand(): Command {
  return new Command('lapi')
    .description('a CrowdSec LAPI stand-in')
    .option('--port <number>', 'port; 0 is any free one', whole, 0)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--prefix <path>', 'path of a proxy in front, such as /lapi', '')
    .option('--key <text>', 'API key of its bouncer', 'sandbox-key')
    .addOption(new Option('--generation <version>', 'which LAPI to be').choices(lapiGenerations).default('1.7.8'))
    .option('--decisions <number>', 'decisions of the community blocklist', whole, 15_000)
    .option('--lists <number>', 'decisions of subscribed lists', whole, 0)
    .option('--local <number>', 'decisions of the agent itself', whole, 20)
    .option('--seed <number>', 'the same seed gives the same decisions', whole, 1)
    .option('--tls-cert <file>', 'serve HTTPS with this certificate (PEM)')
    .option('--tls-key <file>', 'and this key (PEM)')
    .addHelpText('after', `\n${help}`)
    .action(serve);
}

async function serve(flags: Flags): Promise<void> {
  const { port, host, prefix, key, generation, tlsCert, tlsKey } = flags;
  const lapi = await startLapi({
    port,
    host,
    prefix,
    key,
    generation,
    decisions: decisionMix({ seed: flags.seed, capi: flags.decisions, lists: flags.lists, local: flags.local }),
    ...(tlsCert !== undefined &&
      tlsKey !== undefined && { tls: { cert: readFileSync(tlsCert, 'utf8'), key: readFileSync(tlsKey, 'utf8') } }),
  });
  process.stdout.write(`CROWDSEC_API_URL=${lapi.url}\nCROWDSEC_BOUNCER_API_KEY=${lapi.key}\n`);
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    void obey(lapi, line).then((reply) => process.stdout.write(`${reply}\n`));
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      lines.close();
      process.stdin.destroy();
      void lapi.close();
    });
  }
}

async function obey(lapi: LapiSandbox, line: string): Promise<string> {
  const [verb, value = '', seconds] = line.trim().split(/\s+/);
  switch (verb) {
    case 'ban':
      if (seconds !== undefined && !Number.isFinite(Number(seconds))) return help;
      return `banned ${lapi.decisions.add({ value, ...(seconds !== undefined && { duration: Number(seconds) }) }).value}`;
    case 'unban':
      return `ended ${lapi.decisions.delete(value)}`;
    case 'count':
      return `${lapi.decisions.active().length} live decisions`;
    case 'down':
      await lapi.down();
      return 'down';
    case 'up':
      await lapi.up();
      return 'up';
    default:
      return help;
  }
}

function whole(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is wanted');
  return Number(text);
}
