import { readFileSync } from 'node:fs';
import { systemCertificates, type Clock, type Network } from '@bouncer/stream';
import { appsecSteps, failed, warned, type CheckStep, type Logger } from '@bouncer/target';
import { captchaOf, captchaProviderStep } from '@bouncer/target/captcha';
import { AppsecClient } from '../appsec/appsec-client.ts';
import { CaptchaGate } from '../captcha/captcha-gate.ts';
import type { TraefikValues } from '../config.ts';
import { isAtLeast, printVersion } from '../options/version.ts';
import { makeWords, readAddress } from './address-words.ts';
import { foreverList } from './block-list.ts';
import { Gate } from './gate.ts';
import { sendsBodies } from './middleware.ts';

/** What stands behind the list, and what its target has to know of it. */
export interface WebGate {
  readonly gate: Gate;
  readonly appsec: AppsecClient | undefined;
  readonly hasCaptcha: boolean;
  /** For `check`. */
  readonly check: (signal: AbortSignal) => AsyncIterable<CheckStep>;
}

/** Undefined when nothing of it is switched on. */
export function webGateOf(
  values: TraefikValues,
  { clock, log, signal }: { readonly clock: Clock; readonly log: Logger; readonly signal: AbortSignal },
): WebGate | undefined {
  const captcha = captchaOf(values);
  const { appsecUrl, lapiKey, appsecTimeout, appsecFailureAction, appsecBodyLimit, allowlist, lapiCaFile } = values;
  const ca = (): string[] => [
    ...systemCertificates(),
    ...(lapiCaFile === undefined ? [] : [readFileSync(lapiCaFile, 'utf8')]),
  ];
  const appsec =
    appsecUrl === undefined || lapiKey === undefined
      ? undefined
      : new AppsecClient({ url: appsecUrl, key: lapiKey, timeoutMs: appsecTimeout * 1000, ca, clock, log });
  if (!captcha && !appsec) return undefined;
  const gate = new Gate({
    appsec,
    captcha: captcha && new CaptchaGate(captcha, clock, log, signal),
    failureAction: appsecFailureAction,
    bodyLimit: appsecBodyLimit,
    isAllowed: memberOf(allowlist),
    clock,
  });
  return { gate, appsec, hasCaptcha: captcha !== undefined, check };

  async function* check(checkSignal: AbortSignal): AsyncIterable<CheckStep> {
    if (appsecUrl !== undefined && lapiKey !== undefined) {
      yield* appsecSteps({ url: appsecUrl, key: lapiKey.value(), timeout: appsecTimeout }, checkSignal);
      if (!sendsBodies(values)) yield warned('appsec bodies', bodiesUnseen(values), bodiesFix(values));
    }
    if (!captcha) return;
    if (!values.decisionTypes.includes('captcha')) {
      const seen = 'CAPTCHA_PROVIDER is set, but decisions of type captcha are not asked for';
      yield failed('captcha', seen, 'CROWDSEC_DECISION_TYPES=ban,captcha');
    }
    yield await captchaProviderStep(captcha, checkSignal);
  }
}

function bodiesUnseen({ version }: TraefikValues): string {
  const why = isAtLeast(version, [3, 3, 0]) ? 'as set' : `Traefik ${printVersion(version)} does not send them`;
  return `the bodies of requests are not looked at: ${why}`;
}

function bodiesFix({ version }: TraefikValues): string {
  return isAtLeast(version, [3, 3, 0])
    ? 'TRAEFIK_FORWARD_BODY=true and a CROWDSEC_APPSEC_BODY_LIMIT above 0'
    : 'update Traefik to 3.3 or newer, and set TRAEFIK_VERSION';
}

function memberOf(networks: readonly Network[]): (client: Network) => boolean {
  if (networks.length === 0) return () => false;
  const list = foreverList(networks);
  const words = makeWords();
  return (client) => readAddress(client, 0, client.length, words) && list.covers(words, 0);
}
