import { nearest, shown, type CheckOption, type Kind } from '@bouncer/target';
import { exitFailed, exitOk, exitUsage } from '../runtime/io.ts';
import type { CommandIo } from '../runtime/io.ts';
import { programOf } from '../runtime/program.ts';
import type { Program } from '../runtime/program.ts';
import { version } from '../runtime/version.ts';
import { commandTable } from './command-table.ts';
import type { CommandEntry } from './command-table.ts';
import { execute } from './execute.ts';
import type { Flags } from './execute.ts';

/** A command line that cannot be understood; the message is for people and on one line. */
class UsageError extends Error {}

/** Runs one command line (without node and script) of a program, or of a kind's own image; gives the exit code. Never rejects. */
export async function runCommandLine(of: Kind | Program, args: readonly string[], io: CommandIo): Promise<number> {
  const program = programOf(of);
  try {
    // A bare command needs no parser: `run` lives for months, and commander would take 4 MB for all that time.
    const [name = 'run', ...rest] = args;
    if (name === '--completion') return await printCompletion(program, rest, io);
    const bare = rest.length === 0 ? commandTable.find((entry) => entry.name === name) : undefined;
    return bare ? await execute(program, bare, {}, io) : await parse(program, args, io);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const usage = error instanceof UsageError;
    io.stderr.write(`${usage ? 'usage' : 'error'}: ${message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ')}\n`);
    return usage ? exitUsage : exitFailed;
  }
}

async function printCompletion({ type }: Program, [shell = '']: readonly string[], io: CommandIo): Promise<number> {
  const { completion, shells } = await import('./completion.ts');
  const script = completion(shell, type);
  if (script === undefined) {
    throw new UsageError(`--completion takes ${shells.join(' or ')}, but got ${shown(shell)}`);
  }
  io.stdout.write(script);
  return exitOk;
}

async function parse(of: Program, args: readonly string[], io: CommandIo): Promise<number> {
  const { Command, CommanderError } = await import('commander');
  const checkOptions = args.includes('check') ? await checkOptionsOf(of) : [];
  let code = exitOk;
  const program = new Command(of.type)
    .description(`${of.title}: ${of.summary}`)
    .version(`${of.type} v${version}`, '-V, --version', 'print the version')
    .option('-c, --config <file>', 'YAML file with settings; the environment takes precedence')
    .option('--completion <shell>', 'print a completion script for bash or zsh')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    // Errors are printed by the caller, on one line each.
    .configureOutput({ writeOut: (text) => void io.stdout.write(text), writeErr: () => undefined });
  if (of.preset?.importer) program.option('--import <file>', `read settings from ${of.preset.importer.title}`);
  for (const entry of commandTable) {
    const command = program.command(entry.name, { isDefault: entry.name === 'run' }).description(entry.summary);
    if (entry.json) command.option('--json', 'print JSON for machines');
    for (const { flags, help } of entry.name === 'check' ? checkOptions : []) {
      command.option(flags, help);
    }
    if (entry.name === 'check') command.option('--notify', 'send a test message to NOTIFY_URL');
    const input = entry.name === 'check' ? of.preset?.checkInput : undefined;
    if (input !== undefined) command.argument('[file]', input);
    if (entry.apply) {
      command.option('--apply', 'do it on the device, after showing what will be written');
      command.option('--remove', 'take it back after showing what will be removed, or print how');
    }
    if (entry.acceptRemovals) {
      command.option('--accept-removals', 'carry out removals that MAX_REMOVAL_PERCENT would hold back');
    }
    if (entry.name === 'config')
      command.usage('[options] [init [kind...]]').option('--schema', 'print the JSON schema of the YAML file instead');
    command.allowExcessArguments().action(async () => {
      const [first, ...rest] = command.args;
      const init = entry.name === 'config' && first === 'init' ? rest : undefined;
      if (!init) refuseArguments(entry, input === undefined ? command.args : rest);
      const given = input === undefined || first === undefined ? {} : { input: first };
      const flags = { ...program.opts<Flags>(), ...command.opts<Flags>(), ...given, ...(init && { init }) };
      code = await execute(of, entry, flags, io);
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitOk;
    throw new UsageError(error.message);
  }
}

/** Kinds may share an option; it is given to each of them. */
async function checkOptionsOf({ kinds, preset }: Program): Promise<readonly CheckOption[]> {
  const all = preset ? [preset] : await Promise.all(Object.values(kinds).map((load) => load()));
  const options = all.flatMap(({ checkOptions = [] }) => checkOptions);
  return [...new Map(options.map((option) => [option.flags, option])).values()];
}

function refuseArguments({ name }: CommandEntry, [first]: readonly string[]): void {
  if (first === undefined) return;
  if (name !== 'run') throw new UsageError(`${name} takes no argument, but got ${shown(first)}`);
  const names = commandTable.map((entry) => entry.name);
  const guess = nearest(first, names);
  const hint = guess === undefined ? '' : `; did you mean ${guess}?`;
  throw new UsageError(`unknown command ${shown(first)}; accepted: ${names.join(', ')}${hint}`);
}
