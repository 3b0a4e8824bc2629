import { explainNetworkError } from '@bouncer/stream';
import { failed, passed, warned } from './doctor/check-step.ts';
import type { CheckStep } from './doctor/check-step.ts';
import { request } from './request.ts';
import { appsecPlace } from './settings/appsec-settings.ts';

/** What a rule of CrowdSec's collection appsec-virtual-patching refuses (vpatch-env-access). */
export const appsecProbe = '/.env';

/** Milliseconds that the doctor waits, however short CROWDSEC_APPSEC_TIMEOUT is, so that it can tell how long it takes. */
const PATIENCE_MS = 5000;
const MAX_ANSWER = 64 * 1024;

/** AppSec as `check` asks it. */
export interface AppsecCheck {
  /** CROWDSEC_APPSEC_URL. */
  readonly url: string;
  readonly key: string;
  /** Seconds: CROWDSEC_APPSEC_TIMEOUT. */
  readonly timeout: number;
}

/** Whether AppSec answers, takes the key, and refuses what every attacker tries. As seen from here. */
export async function* appsecSteps(check: AppsecCheck, signal: AbortSignal): AsyncGenerator<CheckStep> {
  const step = 'appsec';
  const start = performance.now();
  const answer = await ask(check, '/', signal);
  const took = performance.now() - start;
  if ('step' in answer) {
    yield answer;
    return;
  }
  const trouble = troubleOf(answer);
  if (trouble) {
    yield trouble;
    return;
  }
  if (took > check.timeout * 1000) {
    const seen = `${check.url} answers in ${Math.round(took)} ms, and CROWDSEC_APPSEC_TIMEOUT is ${check.timeout * 1000} ms`;
    yield warned(step, seen, 'a longer CROWDSEC_APPSEC_TIMEOUT, or more `routines` in its acquisition');
  } else yield passed(step, `${check.url} answers, and takes the key`);
  if (actionOf(answer) !== 'allow') {
    const fix = 'look into `cscli metrics show appsec` and the log of CrowdSec for the rule, and take it out';
    yield failed('appsec rules', `a plain request for / is refused (${actionOf(answer) ?? ''}): so is everybody`, fix);
    return;
  }
  const probed = await ask(check, appsecProbe, signal);
  yield 'step' in probed ? probed : probeStep(probed, 'asked from here');
}

/** What AppSec's word on the probe means. `where` tells who asked. */
export function probeStep(answer: { readonly status: number; readonly body: string }, where: string): CheckStep {
  const trouble = troubleOf(answer);
  if (trouble) return trouble;
  const action = actionOf(answer);
  if (action !== 'allow') return passed('appsec rules', `${appsecProbe} is refused (${action ?? ''}), ${where}`);
  return warned(
    'appsec rules',
    `${appsecProbe}, which CrowdSec's own rules refuse, is let through, ${where}`,
    'cscli collections install crowdsecurity/appsec-virtual-patching crowdsecurity/appsec-generic-rules; systemctl reload crowdsec',
  );
}

/** What is wrong with an answer that is no word of AppSec; undefined when it is one. */
function troubleOf({ status, body }: { readonly status: number; readonly body: string }): CheckStep | undefined {
  const step = 'appsec';
  if (status === 401) {
    const fix =
      'the key must be that of a bouncer of the LAPI that AppSec belongs to: cscli bouncers add NAME; CROWDSEC_BOUNCER_API_KEY';
    return failed(step, 'AppSec refuses the key (401): nothing is inspected', fix);
  }
  if (actionOf({ body }) !== undefined) return undefined;
  const fix =
    'CROWDSEC_APPSEC_URL must name the listen_addr (7422) or listen_socket of its acquisition, not LAPI or a site';
  return failed(step, `what answers (status ${status}) is not AppSec: nothing is inspected`, fix);
}

function actionOf({ body }: { readonly body: string }): string | undefined {
  return /"action" *: *"([a-z]+)"/.exec(body)?.[1];
}

async function ask(
  { url, key }: AppsecCheck,
  uri: string,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly body: string } | CheckStep> {
  const { origin, socketPath } = appsecPlace(url);
  const headers = {
    'X-Crowdsec-Appsec-Ip': '127.0.0.1',
    'X-Crowdsec-Appsec-Uri': uri,
    'X-Crowdsec-Appsec-Host': 'crowdsec-bouncer',
    'X-Crowdsec-Appsec-Verb': 'GET',
    'X-Crowdsec-Appsec-Api-Key': key,
    'X-Crowdsec-Appsec-User-Agent': 'crowdsec-bouncer',
    'X-Crowdsec-Appsec-Http-Version': '11',
  };
  try {
    return await request(`${origin}/`, { headers, socketPath, timeoutMs: PATIENCE_MS, maxLength: MAX_ANSWER, signal });
  } catch (error) {
    signal.throwIfAborted();
    const other = 'is CrowdSec running, with an acquisition `source: appsec` that listens there, for this network?';
    const { message } = explainNetworkError(error, { name: `AppSec at ${url}`, hints: { other } });
    return failed('appsec', `${message}: nothing is inspected`, other);
  }
}
