/** What the captcha part of crowdsec.lua is told. */
export interface CaptchaLuaOptions {
  readonly socket: string;
}

/** The captcha part; without options a decision for a captcha is a ban. */
export function captchaLua(options: CaptchaLuaOptions | undefined): string {
  if (options === undefined) return '\nlocal captcha\n';
  return '\nlocal captcha\n';
}
