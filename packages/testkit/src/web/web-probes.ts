import type { AppsecMood } from '@bouncer/sandbox';
import { clients } from './web-stage.ts';

/** A request of a client, and what must become of it wherever it is asked. */
export interface WebProbe {
  readonly name: string;
  readonly from: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly verdict: string;
  /** True when nobody can tell without the request's body: not every proxy hands it to a forward-auth. */
  readonly needsBody?: boolean;
}

/** What came back. */
export interface WebAnswer {
  readonly status: number;
  readonly body: string;
}

const { clean, banned, inRange, banned6, suspect } = clients;
const REFUSED = 'refused';
const CAPTCHA = 'captcha';
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
const injection = 'a=freemarker.template.utility.Execute';
const upload = 'x'.repeat(5_000_000);
const siteGot = (method = 'GET', bytes = 0): string => `site: ${method} with ${String(bytes)} bytes`;

/** While AppSec answers. */
export const webProbes: readonly WebProbe[] = [
  { name: 'a clean client', from: clean, path: '/page?x=1', verdict: siteGot() },
  { name: 'a banned one', from: banned, verdict: REFUSED },
  { name: 'one of a banned range', from: inRange, verdict: REFUSED },
  { name: 'one of a banned range, IPv6', from: banned6, verdict: REFUSED },
  { name: 'one who is asked for a captcha', from: suspect, verdict: CAPTCHA },
  { name: 'a banned one with a form', from: banned, method: 'POST', headers: form, body: 'a=b', verdict: REFUSED },
  { name: 'an attack by its path', from: clean, path: '/a/.env?b=c', verdict: REFUSED },
  { name: 'an attack of a banned one', from: banned, path: '/.env', verdict: REFUSED },
  { name: 'an attack of one who owes a captcha', from: suspect, path: '/.env', verdict: CAPTCHA },
  { name: 'what AppSec wants a captcha for', from: clean, path: '/appsec-captcha', verdict: CAPTCHA },
  {
    name: 'an attack that claims to be harmless',
    from: clean,
    path: '/.env',
    headers: { 'X-Crowdsec-Appsec-Uri': '/', 'X-Original-Uri': '/', 'X-Forwarded-Uri': '/' },
    verdict: REFUSED,
  },
  {
    name: 'a harmless one that claims to be an attack',
    from: clean,
    path: '/page',
    headers: { 'X-Crowdsec-Appsec-Uri': '/.env', 'X-Crowdsec-Appsec-Ip': banned },
    verdict: siteGot(),
  },
  {
    name: 'a form',
    from: clean,
    method: 'POST',
    headers: form,
    body: 'a=b',
    verdict: siteGot('POST', 3),
  },
  {
    name: 'an attack by its body',
    from: clean,
    method: 'POST',
    headers: form,
    body: injection,
    verdict: REFUSED,
    needsBody: true,
  },
  {
    name: 'an upload of 5 MB',
    from: clean,
    method: 'POST',
    headers: { 'Content-Type': 'application/octet-stream' },
    body: upload,
    verdict: siteGot('POST', upload.length),
  },
];

/** The same where AppSec has the rules of the hub alone, of which none wants a captcha. */
export const hubProbes = webProbes.filter(({ path }) => path !== '/appsec-captcha');

/** While AppSec gives no answer. */
export function unansweredProbes(action: 'passthrough' | 'deny'): readonly WebProbe[] {
  const clear = action === 'deny' ? REFUSED : siteGot();
  return [
    { name: 'a clean client', from: clean, verdict: clear },
    { name: 'an attack', from: clean, path: '/.env', verdict: clear },
    { name: 'a banned one', from: banned, verdict: REFUSED },
    { name: 'one who is asked for a captcha', from: suspect, verdict: CAPTCHA },
  ];
}

/** In which ways AppSec gives none. */
export const unanswered: readonly AppsecMood[] = ['cut', { status: 500, body: '' }, 'hang'];

/** Asks each, one after the other; gives name and verdict of each, in the words of the probes. */
export async function verdictsOf(
  probes: readonly WebProbe[],
  ask: (probe: WebProbe) => Promise<WebAnswer>,
): Promise<string[]> {
  const verdicts: string[] = [];
  for (const probe of probes) verdicts.push(`${probe.name}: ${verdictOf(await ask(probe))}`);
  return verdicts;
}

/** What `verdictsOf` must give. */
export function expectedVerdicts(probes: readonly WebProbe[]): string[] {
  return probes.map(({ name, verdict }) => `${name}: ${verdict}`);
}

function verdictOf({ status, body }: WebAnswer): string {
  const [, got] = /^the site got (.*)$/.exec(body) ?? [];
  if (got !== undefined) return `site: ${got}`;
  if (body.includes('h-captcha')) return CAPTCHA;
  return status === 403 ? REFUSED : `status ${String(status)}`;
}
