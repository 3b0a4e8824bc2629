/** How the demo was asked for. */
export interface Options {
  /** Everything stays up at the end, until a signal comes. */
  readonly stay: boolean;
  readonly realLapi: boolean;
  /** The kinds that are shown. */
  readonly kinds: readonly string[];
  /** Where the page is on this machine. */
  readonly page: { readonly host: string; readonly port: number };
}

const ACCEPTED = '--stay, --real-lapi, --only KIND[,KIND]';

/** Reads the command line and HTTP_LISTEN; a text is what is wrong with them. */
export function parseOptions(
  args: readonly string[],
  known: readonly string[],
  listen = '127.0.0.1:9460',
): Options | string {
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(listen) ?? [];
  if (port === '') return `HTTP_LISTEN is ${JSON.stringify(listen)}; accepted: host:port, where the page is to be`;
  const flags = new Set<string>();
  let kinds = known;
  for (let at = 0; at < args.length; at += 1) {
    const [option = '', inline] = (args[at] ?? '').split(/=(.*)/s);
    if (option === '--only') {
      const given = (inline ?? args[(at += 1)] ?? '').split(',').filter((kind) => kind !== '');
      const unknown = given.find((kind) => !known.includes(kind));
      if (unknown !== undefined) return `--only: unknown kind ${unknown}; accepted: ${known.join(', ')}`;
      if (given.length === 0) return `--only needs a kind; accepted: ${known.join(', ')}`;
      kinds = known.filter((kind) => given.includes(kind));
    } else if ((option === '--stay' || option === '--real-lapi') && inline === undefined) {
      flags.add(option);
    } else {
      return `unknown option ${args[at] ?? ''}; accepted: ${ACCEPTED}`;
    }
  }
  return {
    stay: flags.has('--stay'),
    realLapi: flags.has('--real-lapi'),
    kinds,
    page: { host: host === '' ? '127.0.0.1' : host, port: Number(port) },
  };
}
