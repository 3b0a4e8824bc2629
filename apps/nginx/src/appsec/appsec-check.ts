import { appsecSteps, failed, probeStep, warned, type CheckStep } from '@bouncer/target';
import { hintOf, messageOf } from '@bouncer/stream';
import type { NginxValues } from '../config.ts';
import { readAppsec } from '../status/read-status.ts';
import { appsecOptions } from './appsec-options.ts';

/** Whether AppSec answers here, and to NGINX, which may be in another network and hold another key. */
export async function* checkAppsec(values: NginxValues, signal: AbortSignal): AsyncGenerator<CheckStep> {
  const options = appsecOptions(values);
  if (options === undefined) {
    if (values.appsecUrl === undefined) return;
    yield warned('appsec', `not asked: ${values.mode} mode cannot`, 'NGINX_MODE=lua');
    return;
  }
  const { url, key, timeout } = options;
  yield* appsecSteps({ url, key: key.value(), timeout }, signal);
  yield await fromNginx(values.statusUrl, signal);
}

async function fromNginx(statusUrl: string | undefined, signal: AbortSignal): Promise<CheckStep> {
  const step = 'appsec of nginx';
  if (statusUrl === undefined) {
    return warned(
      step,
      'whether NGINX reaches AppSec is not seen from here',
      'set NGINX_STATUS_URL, or look into the error log of NGINX for "crowdsec: AppSec"',
    );
  }
  try {
    const answer = await readAppsec(statusUrl, signal);
    if (typeof answer !== 'string') return { ...probeStep(answer, 'asked by NGINX'), step };
    const fix = 'reload NGINX once; it must reach CROWDSEC_APPSEC_URL itself (a socket at the same path)';
    return failed(step, `NGINX asks AppSec in vain (${answer}): nothing is inspected`, fix);
  } catch (error) {
    return warned(step, messageOf(error), hintOf(error));
  }
}
