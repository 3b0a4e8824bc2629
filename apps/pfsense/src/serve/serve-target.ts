import { ConfigError, messageOf } from '@bouncer/stream';
import {
  passed,
  warned,
  type ApplyReport,
  type Capabilities,
  type Changes,
  type CheckStep,
  type Concern,
  type Current,
  type Held,
  type Target,
} from '@bouncer/target';
import { linesOf, renderList } from '../list/alias-file.ts';
import { USUAL_OFFER, pfSenseWords, ruleSteps } from '../rules/rule-steps.ts';
import type { RuleOffer } from '../rules/rule-steps.ts';
import { difference, listAfter, readList, tellDone } from '../list/list-target.ts';
import { ListServer } from './list-server.ts';
import type { ListServerOptions } from './list-server.ts';

/** What `setup` prints beside the list's own settings. */
interface SetupWords {
  readonly offer?: RuleOffer;
  /** How the firewall reaches the list, where somebody has said. */
  readonly listenUrl?: string | undefined;
}

/** The list by HTTP, for a URL-table alias of pfSense or for pfBlockerNG: they come and get it. */
export class ServeTarget implements Target<string> {
  readonly name: string;
  readonly #options: ListServerOptions & SetupWords;
  readonly #server: ListServer;
  /** What is served; undefined while that is nothing. */
  #list: Buffer | undefined;
  /** How many lists were published so far. */
  published = 0;

  constructor(options: ListServerOptions & SetupWords) {
    this.name = `list on ${options.listen}`;
    this.#options = options;
    this.#server = new ListServer(options);
  }

  /** Where the list is, whatever port was free. @internal */
  get url(): string {
    return this.#server.url;
  }

  async open(signal: AbortSignal): Promise<Capabilities> {
    signal.throwIfAborted();
    try {
      if (!this.#server.isOpen) await this.#server.open();
    } catch (error) {
      throw new ConfigError(messageOf(error), { cause: error, hint: 'change PFSENSE_LISTEN' });
    }
    return { families: [4, 6], ranges: true, expires: false };
  }

  async list(signal: AbortSignal): Promise<Current<string>> {
    signal.throwIfAborted();
    await Promise.resolve();
    return { ...readList(linesOf(this.#list)), needsApply: this.#list === undefined };
  }

  async apply(
    changes: Changes<string>,
    held: Held<string>,
    report: ApplyReport<string>,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    await Promise.resolve();
    const { add, gone } = difference(changes, held);
    if (add.length + gone.length > 0 || this.#list === undefined) {
      this.#list = renderList(listAfter(held.keys(), add, gone));
      this.#server.publish(this.#list);
      this.published += 1;
    }
    tellDone(changes, held, report);
  }

  async verify(_held: Held<string>, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    await Promise.resolve();
    return this.#server.isOpen && this.#list !== undefined;
  }

  /** As after a restart: nothing is known, and nothing served changes until a list is published. @internal */
  forget(): void {
    this.#list = undefined;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the interface is for devices that have to be asked
  async *check(): AsyncIterable<CheckStep> {
    const { listen, alias, password, tls } = this.#options;
    const how = `${tls ? 'HTTPS' : 'HTTP'}, ${password ? 'with a password' : 'to everyone who can reach it'}`;
    yield passed('list', `/${alias}.txt is served on ${listen} by ${how}, while \`run\` runs`);
    for (const { seen, fix } of this.concerns()) yield warned('rule', seen, fix);
  }

  /** Beside another target the list is an extra; alone it is all that there is, and nobody can tell what comes of it. */
  concerns(): readonly Concern[] {
    if (this.#options.isExtra === true) return [];
    const seen = `whether the firewall fetches the list, and whether a rule blocks ${this.#options.alias}, cannot be seen from here`;
    return [{ level: 'warn', seen, fix: 'see it on the firewall (Diagnostics > Tables), or use PFSENSE_MODE=ssh' }];
  }

  setup(): string {
    const { alias, listen, user, password, tls, offer = USUAL_OFFER, listenUrl } = this.#options;
    const port = listen.slice(listen.lastIndexOf(':') + 1);
    const login = password ? `${encodeURIComponent(Buffer.from(user).toString())}:<PFSENSE_LISTEN_PASSWORD>@` : '';
    const base = listenUrl?.replace(/\/+$/, '') ?? `${tls ? 'https' : 'http'}://<address of this machine>:${port}`;
    const url = `${base.replace('://', `://${login}`)}/${alias}.txt`;
    const steps = ruleSteps(offer, pfSenseWords(alias)).map((step, index) => `${index === 0 ? '2. ' : '   '}${step}`);
    return `# pfSense fetches the list; nothing on it is touched. A URL table is fetched once a day at most: bans take that long.

1. Firewall > Aliases > URLs > Add: Name ${alias}, Type "URL Table (IPs)", URL ${url}, 1 day. Save, Apply Changes.
   (pfBlockerNG: IP > IPv4 > Add, the same URL, once an hour.)
${steps.join('\n')}
3. To fetch it at once: Diagnostics > Command Prompt: /etc/rc.update_urltables now forceupdate ${alias}
`;
  }

  async close(): Promise<void> {
    await this.#server.close();
  }
}
