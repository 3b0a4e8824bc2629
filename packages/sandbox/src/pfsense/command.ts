import { Command, InvalidArgumentError } from 'commander';
import { startPfSense } from './sandbox.ts';

interface Flags {
  readonly release: '2.7' | '2.8';
  readonly alias: boolean;
  readonly ramDisk?: boolean;
}

/** `pfsense`: a firewall with a real sshd that listens until it is stopped, then tells what it holds. */
export function pfsenseCommand(): Command {
  return new Command('pfsense')
    .description('a pfSense stand-in: a real sshd before an emulated pf (root only)')
    .option('--release <version>', 'whose SSH algorithms it has: 2.7 or 2.8', release, '2.8')
    .option('--no-alias', 'without the alias and the rule that `setup` makes')
    .option('--ram-disk', 'with /var on a RAM disk')
    .action(serve);
}

async function serve({ release: wanted, alias, ramDisk = false }: Flags): Promise<void> {
  const none = alias ? {} : { aliases: [], rules: [] };
  const pfsense = await startPfSense({ release: wanted, ramDisk, ...none });
  print(`PFSENSE_HOST=${pfsense.host}:${pfsense.port}`);
  print('PFSENSE_USER=admin');
  print('PFSENSE_PASSWORD=pfsense');
  print(`PFSENSE_HOST_KEY=${pfsense.hostKeyFingerprint}`);
  await new Promise((resolve) => {
    process.once('SIGINT', resolve).once('SIGTERM', resolve);
  });
  print(`${pfsense.entriesOf()?.length ?? 0} entries, ${pfsense.writes} writes, ${pfsense.execChannels} exec channels`);
  await pfsense.close();
  process.exit(0);
}

function release(text: string): string {
  if (text === '2.7' || text === '2.8') return text;
  throw new InvalidArgumentError('2.7 or 2.8');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
