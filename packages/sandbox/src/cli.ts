import type { Command } from 'commander';

/** Every stand-in that starts from the command line. Loaded only when asked for. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  lapi: async () => (await import('./lapi/command.ts')).lapiCommand(),
  pfsense: async () => (await import('./pfsense/command.ts')).pfsenseCommand(),
  routeros: async () => (await import('./routeros/command.ts')).routerosCommand(),
};

const [name = '', ...rest] = process.argv.slice(2);
const load = commands[name];
if (load) {
  const command = await load();
  await command.parseAsync(rest, { from: 'user' });
} else {
  const usage = `usage: node packages/sandbox/src/cli.ts ${Object.keys(commands).join('|')} [--help]`;
  console.error(usage);
  process.exitCode = name === '--help' ? 0 : 2;
}
