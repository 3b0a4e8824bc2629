import { appsecPlace, type AppsecValues, type CoreValues, type Problem, type Secret } from '@bouncer/target';

/** What the script is told of AppSec. */
export interface AppsecLuaOptions {
  /** Seconds, for one answer. */
  readonly timeout: number;
  /** Bytes of a request body that are sent. */
  readonly bodyLimit: number;
  /** True when a request without an answer is refused. */
  readonly denies: boolean;
}

/** AppSec as NGINX asks it. */
export interface AppsecOptions extends AppsecLuaOptions {
  /** CROWDSEC_APPSEC_URL. */
  readonly url: string;
  readonly key: Secret;
}

type Values = AppsecValues & CoreValues & { readonly mode: string };

/** Undefined when AppSec is not to be asked. Call it with valid settings only. */
export function appsecOptions(values: Values): AppsecOptions | undefined {
  const { appsecUrl: url, lapiKey: key, mode } = values;
  if (url === undefined || key === undefined || mode !== 'lua') return undefined;
  const denies = values.appsecFailureAction === 'deny';
  return { url, key, timeout: values.appsecTimeout, bodyLimit: values.appsecBodyLimit, denies };
}

/** What this kind cannot do of what the settings may say. */
export function appsecUrlProblems({ appsecUrl }: AppsecValues): readonly Problem[] {
  if (appsecUrl === undefined) return [];
  const { origin, socketPath } = appsecPlace(appsecUrl);
  const add = (problem: string): readonly Problem[] => [{ variable: 'CROWDSEC_APPSEC_URL', problem }];
  if (socketPath !== undefined) return [];
  const { protocol, pathname } = new URL(origin);
  if (protocol !== 'http:')
    return add('must begin with http://: NGINX asks AppSec by a plain connection, as a neighbour');
  return pathname === '/' ? [] : add('must be http://HOST:PORT and nothing more');
}
