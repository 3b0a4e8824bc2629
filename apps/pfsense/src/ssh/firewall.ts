import { ConfigError, type Clock } from '@bouncer/stream';
import { cksum } from './cksum.ts';
import { commandError, restrictedHere } from './errors.ts';
import type { FirewallSettings } from './firewall-settings.ts';
import { EXIT, HELPER_VERSION, helperCommand } from './helper.ts';
import type { Verb } from './helper.ts';
import { parseReport } from './report.ts';
import type { Report } from './report.ts';
import { openSession } from './session.ts';
import { demandRelease, menuOf } from './release.ts';
import type { CommandResult, Session } from './session.ts';

/** The firewall at the other end of one SSH connection: each method is one command. */
export class Firewall {
  readonly #settings: FirewallSettings;
  readonly #session: Session;

  private constructor(settings: FirewallSettings, session: Session) {
    this.#settings = settings;
    this.#session = session;
  }

  /** A refused login is tried once more when the password's file holds another one by now. */
  static async connect(settings: FirewallSettings, clock: Clock, signal: AbortSignal): Promise<Firewall> {
    try {
      return new Firewall(settings, await openSession(settings, clock, signal));
    } catch (error) {
      const changed = settings.password?.refresh() === true;
      if (!changed || signal.aborted) throw error;
      return new Firewall(settings, await openSession(settings, clock, signal));
    }
  }

  /** `SHA256:...` of its host key. */
  get hostKey(): string {
    return this.#session.hostKey;
  }

  get error(): Error | undefined {
    return this.#session.error;
  }

  /** Asks for a report. */
  async ask(verb: 'facts' | 'probe' | 'show' | 'all', signal: AbortSignal): Promise<Report> {
    const said = await this.#run(verb, Buffer.alloc(0), '', signal);
    const report = parseReport(said, this.#settings.alias);
    if (report.full) demandRelease(report.version);
    if (report.helper === HELPER_VERSION) return report;
    const menu = menuOf(said);
    if (menu) throw menu;
    throw new ConfigError('the firewall does not answer as expected', {
      hint: 'a forced command of another version stands before this key: put the line that `setup` prints in its place',
    });
  }

  /** Replaces the whole list: table, and file where there is one. Tells why the file could not be written; undefined when it was. */
  async replace(list: Buffer, signal: AbortSignal): Promise<string | undefined> {
    const { code, stderr } = await this.#exec('full', list, cksum(list), signal);
    if (code === 0) return undefined;
    if (code !== EXIT.notSaved) throw commandError(code, stderr, this.#settings);
    return stderr.trim().split('\n').slice(-2).join(' ').replaceAll(/\s+/g, ' ').slice(-300);
  }

  async change(delta: Buffer, signal: AbortSignal): Promise<void> {
    await this.#run('delta', delta, cksum(delta), signal);
  }

  /** Ends the open connections of these networks, in both directions. */
  async killStates(list: Buffer, signal: AbortSignal): Promise<void> {
    await this.#run('kill', list, cksum(list), signal);
  }

  /** Has pfSense load its rules anew: an alias whose file was missing is only used from then on. */
  async reloadFilter(signal: AbortSignal): Promise<void> {
    await this.#run('reload', Buffer.alloc(0), '', signal);
  }

  /** Runs a PHP script as root, for `setup --apply` only; `good` is what it says when all is well. */
  async php(script: string, good: RegExp, signal: AbortSignal): Promise<string> {
    const sudo = this.#settings.sudo ? 'sudo -n ' : '';
    const command = `${sudo}/usr/local/bin/php -q`;
    const { code, stdout, stderr } = await this.#session.exec(command, Buffer.from(script), signal);
    if (code === EXIT.noVerb && /CrowdSec list only/.test(stderr)) throw restrictedHere();
    const menu = menuOf(stdout);
    if (menu) throw menu;
    if (code !== 0) throw commandError(code, `${stderr}\n${stdout}`, this.#settings);
    if (good.test(stdout)) return stdout;
    throw new ConfigError(`the rule is not in force: ${stdout.trim().split('\n').at(-1) ?? ''}`, {
      hint: 'see Status > Filter Reload and the notices of pfSense for why',
    });
  }

  close(): void {
    this.#session.close();
  }

  async #run(verb: Verb, stdin: Buffer, sum: string, signal: AbortSignal): Promise<string> {
    const { code, stdout, stderr } = await this.#exec(verb, stdin, sum, signal);
    if (code !== 0) throw commandError(code, stderr, this.#settings);
    return stdout;
  }

  #exec(verb: Verb, stdin: Buffer, sum: string, signal: AbortSignal): Promise<CommandResult> {
    const command = helperCommand(this.#settings, this.#settings.sudo, verb, sum);
    return this.#session.exec(command, stdin, signal);
  }
}
