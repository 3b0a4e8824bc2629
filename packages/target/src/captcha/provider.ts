/** A service that asks visitors to prove that they are people. All three speak the same protocol. */
export interface CaptchaProvider {
  readonly scriptUrl: string;
  readonly verifyUrl: string;
  /** Class of the element that the script turns into its box. */
  readonly widget: string;
  /** Field of the form that the box puts its token in. */
  readonly field: string;
}

/** Names for CAPTCHA_PROVIDER. */
export const providerNames = ['hcaptcha', 'turnstile', 'recaptcha'] as const;

/** As documented by hCaptcha, by Cloudflare (Turnstile) and by Google (reCAPTCHA v2, "I'm not a robot"). */
export const providers: Readonly<Record<(typeof providerNames)[number], CaptchaProvider>> = {
  hcaptcha: {
    scriptUrl: 'https://js.hcaptcha.com/1/api.js',
    verifyUrl: 'https://api.hcaptcha.com/siteverify',
    widget: 'h-captcha',
    field: 'h-captcha-response',
  },
  turnstile: {
    scriptUrl: 'https://challenges.cloudflare.com/turnstile/v0/api.js',
    verifyUrl: 'https://challenges.cloudflare.com/turnstile/v0/siteverify',
    widget: 'cf-turnstile',
    field: 'cf-turnstile-response',
  },
  recaptcha: {
    scriptUrl: 'https://www.google.com/recaptcha/api.js',
    verifyUrl: 'https://www.google.com/recaptcha/api/siteverify',
    widget: 'g-recaptcha',
    field: 'g-recaptcha-response',
  },
};
