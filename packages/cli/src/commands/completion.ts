import { commandTable, type CommandEntry } from './command-table.ts';

/** Shells that a completion is written for. */
export const shells = ['bash', 'zsh'] as const;

const everywhere = ['--config', '--help'];

/** A script for a shell that completes the commands of this program and their flags; undefined for another shell. */
export function completion(shell: string, type: string): string | undefined {
  if (shell === 'bash') return bash(type);
  return shell === 'zsh' ? zsh(type) : undefined;
}

function flagsOf(entry: CommandEntry): string[] {
  return [
    ...(entry.json ? ['--json'] : []),
    ...(entry.apply ? ['--apply'] : []),
    ...(entry.acceptRemovals ? ['--accept-removals'] : []),
    ...(entry.name === 'check' ? ['--notify'] : []),
    ...(entry.name === 'config' ? ['--schema', 'init'] : []),
    ...everywhere,
  ];
}

function bash(type: string): string {
  const name = `_${type.replaceAll('-', '_')}`;
  const cases = commandTable.map((entry) => `    ${entry.name}) words="${flagsOf(entry).join(' ')}" ;;`);
  return [
    `# ${type} --completion bash > /etc/bash_completion.d/${type}`,
    `${name}() {`,
    '  local words word="${COMP_WORDS[COMP_CWORD]}"',
    '  if [ "${COMP_WORDS[COMP_CWORD-1]}" = --config ]; then COMPREPLY=($(compgen -f -- "$word")); return; fi',
    '  case "${COMP_WORDS[1]}" in',
    ...cases,
    `    *) words="${[...commandTable.map((entry) => entry.name), ...everywhere, '--version'].join(' ')}" ;;`,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
    '}',
    `complete -F ${name} ${type}`,
    '',
  ].join('\n');
}

function zsh(type: string): string {
  const commands = commandTable.map((entry) => `    '${entry.name}:${entry.summary.replaceAll(/['`:]/g, '')}'`);
  const cases = commandTable.map((entry) => `    ${entry.name}) compadd -- ${flagsOf(entry).join(' ')} ;;`);
  return [
    `#compdef ${type}`,
    `# ${type} --completion zsh > /usr/local/share/zsh/site-functions/_${type}`,
    'local -a commands=(',
    ...commands,
    ')',
    'if [[ ${words[CURRENT-1]} == --config ]]; then _files; return; fi',
    'if (( CURRENT == 2 )); then',
    '  _describe command commands',
    `  compadd -- ${[...everywhere, '--version'].join(' ')}`,
    'else',
    '  case ${words[2]} in',
    ...cases,
    '  esac',
    'fi',
    '',
  ].join('\n');
}
