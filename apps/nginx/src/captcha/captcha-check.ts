import { failed, passed, request, warned, type CheckStep } from '@bouncer/target';
import { captchaProviderStep } from '@bouncer/target/captcha';
import type { NginxValues } from '../config.ts';
import { captchaOptions } from './captcha-config.ts';
import type { CaptchaOptions } from './captcha-config.ts';

const timeoutMs = 2000;

/**
 * What becomes of decisions of type captcha, and whether the provider and the connector can be asked. `folder` is that of
 * the files, as NGINX sees it.
 */
export async function* checkCaptcha(
  values: NginxValues,
  folder: string,
  signal: AbortSignal,
): AsyncGenerator<CheckStep> {
  const step = 'captcha';
  const isAsked = values.decisionTypes.includes('captcha');
  const options = captchaOptions(values, folder);
  if (options === undefined) {
    if (!isAsked && values.captchaProvider === undefined) return;
    const why = values.mode === 'lua' ? 'CAPTCHA_PROVIDER is not set' : `${values.mode} mode has no page for them`;
    const seen = isAsked ? `decisions of type captcha block like bans: ${why}` : `no captcha page: ${why}`;
    yield passed(step, seen);
    return;
  }
  if (!isAsked) {
    const seen = 'CAPTCHA_PROVIDER is set, but decisions of type captcha are not asked for';
    yield failed(step, seen, 'CROWDSEC_DECISION_TYPES=ban,captcha');
  }
  yield await captchaProviderStep(options, signal);
  yield await listenerStep(options, signal);
}

/** None is no failure: `check` may well come before `run`. */
async function listenerStep({ listen, connect }: CaptchaOptions, signal: AbortSignal): Promise<CheckStep> {
  const step = 'captcha listener';
  const [origin, socketPath] = listen.startsWith('/') ? ['http://localhost', listen] : [`http://${listen}`];
  const headers = { 'X-Client': '192.0.2.1', 'X-Host': 'check' };
  const answers = await request(`${origin}/pass`, { headers, socketPath, timeoutMs, maxLength: 1024, signal }).then(
    ({ status }) => status === 403,
    () => false,
  );
  if (answers) return passed(step, `a connector answers at ${listen}; NGINX asks it at ${connect}`);
  const seen = `no connector answers at ${listen} yet: captchas cannot be solved until one runs`;
  return warned(step, seen, 'start it with `run`');
}
