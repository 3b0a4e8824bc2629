import { hintOf, messageOf } from '@bouncer/stream';
import { failed, passed, type CheckStep } from '../doctor/check-step.ts';
import type { Captcha } from './captcha-settings.ts';
import { isAboutSecret, verifyAnswer } from './verify-answer.ts';

/** For `check`. An answer that nobody gave: a provider that knows our secret says that the answer is wrong. */
export async function captchaProviderStep({ verifyUrl, secret }: Captcha, signal: AbortSignal): Promise<CheckStep> {
  const step = 'captcha provider';
  try {
    const verdict = await verifyAnswer(verifyUrl, { secret: secret.value(), response: 'check' }, signal);
    const codes = verdict.codes.join(', ');
    if (!isAboutSecret(verdict)) return passed(step, `${new URL(verifyUrl).host} answers (${codes})`);
    const fix = 'CAPTCHA_SECRET_KEY must be the secret key that belongs to CAPTCHA_SITE_KEY';
    return failed(step, `the secret is refused (${codes})`, fix);
  } catch (error) {
    return failed(step, `${messageOf(error)}; no captcha can be solved`, hintOf(error));
  }
}
