import { readFileSync } from 'node:fs';
import { hintOf, messageOf, systemCertificates, systemClock } from '@bouncer/stream';
import type { WireDecision } from '@bouncer/stream';
import { failed, passed, request, warned, type CheckStep } from '@bouncer/target';
import type { TraefikValues } from '../config.ts';
import { probeOf } from '../forward-auth/probe.ts';
import { TypedOptions } from '../options/typed-options.ts';
import { effectiveOptions } from '../plugin/plugin-options.ts';
import { bannedAddresses } from './banned-addresses.ts';

/** What asking by the decisions of LAPI needs. */
interface ProbeContext {
  readonly values: TraefikValues;
  readonly decisions: (signal: AbortSignal) => AsyncIterable<WireDecision>;
  readonly signal: AbortSignal;
}

/** One way through Traefik, asked as somebody else. */
type Ask = (client: string, parameter?: string) => ReturnType<typeof request>;

const STEP = 'through Traefik';
/** Documentation, as the probe is, and of no proof: the client that is not banned (RFC 3849). */
const CLEAN = '2001:db8:0:1::1';
/** What is never seen in this way. */
const limits = 'not proven: other routers and entry points, and how clients from outside are seen';
const trustFix =
  'put the address of this machine into entryPoints.NAME.forwardedHeaders.trustedIPs of Traefik, and into TRAEFIK_TRUSTED_PROXIES where it is not; take it out again if it is no machine of yours';

/** Asks a site behind Traefik as a banned client, and as another one. Nothing is banned for it, and LAPI is only read. */
export async function* probeSteps(url: string, context: ProbeContext): AsyncGenerator<CheckStep> {
  const { values, signal } = context;
  const ask = askThrough(url, values, signal);
  try {
    if (values.dryRun) yield warned(STEP, 'a dry run refuses nobody', 'ask again with DRY_RUN=false');
    else if (values.mode === 'forwardauth') yield await askAsProbe(url, values, ask);
    else if (values.mode === 'native' && values.trustedProxies.length === 0) {
      const seen = 'rules go by the address of the peer, and no peer can be had that is banned';
      yield warned(STEP, seen, 'ban an address of your own for a minute (cscli decisions add), and ask from there');
    } else yield await askAsBanned(url, context, ask);
  } catch (error) {
    signal.throwIfAborted();
    yield failed(STEP, `${url}: ${messageOf(error)}`, hintOf(error) || 'see TRAEFIK_PROBE_URL, and that Traefik runs');
  }
}

function askThrough(url: string, { lapiCaFile }: TraefikValues, signal: AbortSignal): Ask {
  const ca = (): string[] => [
    ...systemCertificates(),
    ...(lapiCaFile === undefined ? [] : [readFileSync(lapiCaFile, 'utf8')]),
  ];
  return (client, parameter) => {
    const headers = { 'X-Forwarded-For': client, 'User-Agent': 'crowdsec-traefik-bouncer check' };
    const address = parameter === undefined ? url : `${url}${new URL(url).pathname === '/' ? '/' : ''}?${parameter}`;
    return request(address, { headers, ca, timeoutMs: 15_000, maxLength: 8_000_000, signal });
  };
}

/** Forward-auth knows the probe's address by itself. */
async function askAsProbe(url: string, values: TraefikValues, ask: Ask): Promise<CheckStep> {
  const probe = probeOf(values, systemClock);
  const refusal = values.banRedirect === undefined ? values.banStatus : 302;
  const [banned, clean] = [(await ask(probe.address())).status, (await ask(CLEAN)).status];
  if (banned === refusal && clean !== refusal) {
    const seen = `${url} answered ${banned} to a banned address and ${clean} to another one (both of documentation)`;
    return passed(STEP, `${seen}: router, middleware and this connector work together; ${limits}`);
  }
  const told = toldIn((await ask(CLEAN, probe.mark())).body);
  if (told === undefined) {
    const seen = `${url} answered ${banned} to a banned address, and ${clean} to another one: its router does not ask the connector that runs with this key`;
    return failed(
      STEP,
      seen,
      'name the middleware in that router or at its entry point, and see that the connector runs and has had its first decisions',
    );
  }
  const { whose, address } = told;
  if (whose === 'stranger') {
    const seen = `${url} asks this connector, from an address that is not trusted: who is behind it cannot be judged`;
    return failed(STEP, seen, 'put the address of Traefik into TRAEFIK_TRUSTED_PROXIES');
  }
  if (banned === refusal) {
    const seen = `${url} asks this connector, which refuses a banned address (${banned}); but another one is answered ${clean} as well`;
    return warned(STEP, seen, 'give a TRAEFIK_PROBE_URL that everybody may see');
  }
  if (whose === 'client' && address === CLEAN) {
    return failed(
      STEP,
      `${url} answered ${banned} to a banned address`,
      'see that the clocks of this machine and of the connector agree',
    );
  }
  const seen = `${url} asks this connector; but Traefik does not trust this machine and named ${address} in place of the address that was sent: that a banned one is refused is not proven`;
  return warned(STEP, seen, trustFix);
}

function toldIn(body: string): { readonly whose: string; readonly address: string } | undefined {
  const [, whose, address] = /"crowdsec_probe":\{"whose":"(\w+)","address":"([0-9a-f.:]+)"\}/.exec(body) ?? [];
  return whose === undefined || address === undefined ? undefined : { whose, address };
}

/** Others know no address but those that LAPI has banned: it is asked as one of these, which changes nothing for it. */
async function askAsBanned(url: string, { values, decisions, signal }: ProbeContext, ask: Ask): Promise<CheckStep> {
  const candidates = await bannedAddresses(values, decisions(signal));
  if (candidates.length === 0) {
    const seen = 'LAPI has banned no single address to ask with, and adding one would need the right to write';
    return warned(
      STEP,
      seen,
      'ask again when there is one; `cscli decisions add --ip 192.0.2.1 --duration 5m` makes one',
    );
  }
  const refusal = refusalOf(values);
  const clean = (await ask(CLEAN)).status;
  const answers: string[] = [];
  for (const address of candidates) {
    const { status } = await ask(address);
    answers.push(`${status} to ${address}`);
    if (status !== refusal || clean === refusal) continue;
    const seen = `${url} answered ${status} to ${address}, which LAPI has banned, and ${clean} to an address of documentation`;
    return passed(STEP, `${seen}; ${limits}`);
  }
  const seen = `${url} answered ${answers.join(', ')} (banned in LAPI), and ${clean} to another one: that a banned address is refused is not proven`;
  return warned(STEP, seen, `name the middleware in that router; ${trustFix}`);
}

function refusalOf(values: TraefikValues): number {
  if (values.mode !== 'plugin') return 403;
  return new TypedOptions(effectiveOptions(values)).integer('remediationStatusCode', 403);
}
