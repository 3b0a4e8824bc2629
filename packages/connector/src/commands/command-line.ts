import { ConfigError, messageOf } from '@bouncer/stream';
import { Command, CommanderError } from 'commander';
import type { Connector } from '../define-connector.ts';
import type { CommandIo } from '../runtime/io.ts';
import { exitFailed, exitOk, exitUsage } from '../runtime/io.ts';
import type { Session } from '../runtime/open-runtime.ts';
import { withStopDeadline } from '../runtime/stop.ts';
import { loadSettings } from '../settings/load-settings.ts';
import type { LoadedSettings } from '../settings/load-settings.ts';
import { nearest } from '../settings/nearest.ts';
import type { Settings } from '../settings/setting.ts';
import { settingsSchema } from '../settings/settings-schema.ts';
import { version } from '../version.ts';
import { commandTable } from './command-table.ts';
import type { CommandEntry } from './command-table.ts';
import { printFailure } from './outcome.ts';

interface Flags {
  readonly json?: boolean;
  readonly schema?: boolean;
}

/** Runs one command line (without node and script) and gives the exit code. Never rejects. */
export async function runCommandLine(connector: Connector, args: readonly string[], io: CommandIo): Promise<number> {
  let code = exitOk;
  const program = new Command(connector.type)
    .description(`${connector.title}: ${connector.summary}`)
    .version(`${connector.type} v${version}`, '-V, --version', 'print the version')
    .option('-c, --config <file>', 'YAML file with settings; the environment counts more')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // Errors are printed below, on one line each.
      writeErr: () => undefined,
    });
  for (const entry of commandTable) {
    const command = program.command(entry.name, { isDefault: entry.name === 'run' }).description(entry.summary);
    if (entry.json) command.option('--json', 'print JSON for machines');
    if (entry.name === 'config') command.option('--schema', 'print the JSON schema of the YAML file instead');
    command.allowExcessArguments().action(async (flags: Flags) => {
      refuseArguments(entry, command.args);
      code = await execute(connector, entry, flags, program.opts<{ config?: string }>().config, io);
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitOk;
    const usage = error instanceof CommanderError;
    const message = messageOf(error)
      .replace(/^error: /, '')
      .replaceAll(/\s*\n\s*/g, ' ');
    io.stderr.write(`${usage ? 'usage' : 'error'}: ${message}\n`);
    return usage ? exitUsage : exitFailed;
  }
}

function refuseArguments({ name }: CommandEntry, [first]: readonly string[]): void {
  if (first === undefined) return;
  if (name !== 'run')
    throw new CommanderError(exitUsage, 'usage', `${name} takes no argument, but got ${JSON.stringify(first)}`);
  const names = commandTable.map((entry) => entry.name);
  const guess = nearest(first, names);
  const hint = guess === undefined ? '' : `; did you mean ${guess}?`;
  throw new CommanderError(
    exitUsage,
    'usage',
    `unknown command ${JSON.stringify(first)}; accepted: ${names.join(', ')}${hint}`,
  );
}

async function execute(
  connector: Connector,
  entry: CommandEntry,
  { json = false, schema = false }: Flags,
  configFile: string | undefined,
  io: CommandIo,
): Promise<number> {
  if (schema) {
    io.stdout.write(`${JSON.stringify(settingsSchema(connector), undefined, 2)}\n`);
    return exitOk;
  }
  let loaded: LoadedSettings<Settings>;
  try {
    loaded = await loadSettings(connector, {
      env: io.env,
      configFile,
      ...(io.configFolder ? { configFolder: io.configFolder } : {}),
    });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    io.stderr.write(`${error.message}\n`);
    return exitUsage;
  }
  io.onSecrets?.((text) => loaded.redactor.hide(text));
  const session: Session = { connector, loaded, io, json };
  try {
    const body = await entry.load();
    const late = entry.name === 'run' ? exitOk : exitFailed;
    return await withStopDeadline(body(session), io.signal, io.clock, late);
  } catch (error) {
    io.stderr.write(printFailure(entry.name, error, loaded.redactor));
    // Only what is made before anything is contacted (targets, the trust store) lets a ConfigError through to here.
    return error instanceof ConfigError ? exitUsage : exitFailed;
  }
}
