export { CaptchaJudge } from './captcha-judge.ts';
export { captchaPage, type CaptchaPage } from './captcha-page.ts';
export { captchaOf, captchaProblems, captchaSettings, type Captcha, type CaptchaValues } from './captcha-settings.ts';
export { PASS_COOKIE, passCookie, Passes } from './pass.ts';
export { providerNames, providers } from './provider.ts';
export { captchaProviderStep } from './provider-step.ts';
export { returnPath } from './return-path.ts';
export { hostOf, siteOf } from './site.ts';
