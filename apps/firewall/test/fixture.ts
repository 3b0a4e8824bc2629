import type { FirewallSettings } from '../src/config.ts';
import { programRunner, type Run, type RunProgram } from '../src/program.ts';
import type { Namespace } from './namespace.ts';

/** Settings as they are by default. */
export function firewallOf(more: Partial<FirewallSettings> = {}): FirewallSettings {
  const isNft = more.mode !== 'iptables';
  return {
    mode: 'nftables',
    table: 'crowdsec',
    hooks: isNft ? ['input', 'forward'] : ['INPUT', 'FORWARD'],
    priority: -10,
    setOnly: false,
    denyAction: 'DROP',
    denyLog: false,
    families: [4, 6],
    ...more,
  };
}

/** Programs run in a namespace, and counted. */
export class CountedPrograms {
  readonly runs: Run[] = [];
  readonly #run: RunProgram;

  constructor(namespace: Namespace) {
    this.#run = programRunner(namespace.prefix);
  }

  readonly run: RunProgram = (run) => {
    this.runs.push(run);
    return this.#run(run);
  };

  /** Runs that may have changed something. */
  get writes(): number {
    return this.runs.filter(({ args, program }) => {
      if (program === 'nft') return args.includes('-f') && !args.includes('-c');
      return program.endsWith('restore') || args[0] === 'restore';
    }).length;
  }
}
