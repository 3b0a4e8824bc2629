import path from 'node:path';
import { setting, type Problem, type ValuesOf } from '@bouncer/target';
import { captchaOf, captchaProblems, captchaSettings, type Captcha } from '@bouncer/target/captcha';

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:.]+\]):\d{1,5}$/;
const WILDCARD = /^(?:0\.0\.0\.0|\[::\]):/;
/** Name of the socket in the output folder. */
const SOCKET = 'crowdsec-captcha.sock';
/** What a path of a socket may be long, in bytes: `sun_path` of Linux has 108, of BSD 104. */
const MAX_SOCKET_LENGTH = 103;

/** Settings of the captcha page. */
export const nginxCaptchaSettings = {
  ...captchaSettings,
  captchaListen: setting.text({
    env: 'NGINX_CAPTCHA_LISTEN',
    special: true,
    default: 'socket',
    pattern: new RegExp(`^socket$|${ADDRESS.source}`),
    accepted: 'socket, or an address and port such as 127.0.0.1:9463',
    help: 'where NGINX asks the connector about solved captchas: `socket` is crowdsec-captcha.sock in the shared folder',
  }),
  captchaAddress: setting.text({
    env: 'NGINX_CAPTCHA_ADDRESS',
    special: true,
    pattern: ADDRESS,
    accepted: 'an address and port such as 192.0.2.1:9463',
    defaultNote: 'NGINX_CAPTCHA_LISTEN',
    help: 'the same as NGINX reaches it',
  }),
};

type NginxCaptchaValues = ValuesOf<typeof nginxCaptchaSettings>;

/** The captcha page as it is to work. */
export interface CaptchaOptions extends Captcha {
  /** A path, or `host:port`. */
  readonly listen: string;
  /** As NGINX connects: `unix:/path`, or `host:port`. */
  readonly connect: string;
}

/** Undefined when there is to be no captcha page. Call it with valid settings only. */
export function captchaOptions(
  values: NginxCaptchaValues & { readonly mode: string; readonly outputDir: string },
  folder: string,
): CaptchaOptions | undefined {
  const captcha = values.mode === 'lua' ? captchaOf(values) : undefined;
  if (captcha === undefined) return undefined;
  const { captchaListen, captchaAddress } = values;
  const isSocket = captchaListen === 'socket';
  return {
    ...captcha,
    listen: isSocket ? path.join(path.resolve(values.outputDir), SOCKET) : captchaListen,
    connect: isSocket ? `unix:${folder}/${SOCKET}` : (captchaAddress ?? captchaListen),
  };
}

/** What is wrong with these settings together. */
export function nginxCaptchaProblems(values: NginxCaptchaValues & { readonly outputDir: string }): Problem[] {
  const { captchaProvider, captchaListen, captchaAddress } = values;
  const problems = captchaProblems(values);
  if (captchaProvider === undefined) return problems;
  const add = (variable: string, problem: string): void => {
    problems.push({ variable, problem });
  };
  if (WILDCARD.test(captchaListen) && captchaAddress === undefined) {
    add('NGINX_CAPTCHA_ADDRESS', `is missing: NGINX cannot connect to ${captchaListen}`);
  }
  if (captchaListen === 'socket' && path.join(path.resolve(values.outputDir), SOCKET).length > MAX_SOCKET_LENGTH) {
    add('NGINX_CAPTCHA_LISTEN', 'cannot be socket: the path of NGINX_OUTPUT_DIR is too long for one');
  }
  return problems;
}
