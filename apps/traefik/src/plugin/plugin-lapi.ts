import { readFileSync } from 'node:fs';
import { probe } from '@bouncer/cli';
import type { Concern, TlsTrust } from '@bouncer/target';
import { systemCertificates } from '@bouncer/stream';
import type { TraefikValues } from '../config.ts';
import { effectiveOptions, secretName, sideFiles } from './plugin-options.ts';
import { configDirOf } from './seen-from-traefik.ts';
import { TypedOptions } from '../options/typed-options.ts';
import { isReference, keyPattern } from '../options/value-rules.ts';

/** How to ask LAPI as the plugin does; undefined when its address or key is not known here. */
export type AskLapi = (signal: AbortSignal) => Promise<number>;

/**
 * The plugin's own way to LAPI, with the key that it is given: `HEAD /v1/decisions`, which takes nothing of its stream
 * (LAPI 1.7.8 looks at the key alone then, and 1.4 moves nothing).
 */
export function pluginLapi(values: TraefikValues, type: string): AskLapi | undefined {
  const options = new TypedOptions(effectiveOptions(values));
  const key = keyOf(values, options);
  const parts = [options.text('crowdsecLapiScheme', 'http'), options.text('crowdsecLapiHost', 'crowdsec:8080')];
  const path = options.text('crowdsecLapiPath', '/').replace(/\/+$/, '');
  if (key === undefined || [...parts, path].some(isReference) || hasOwnTrust(values, options)) return undefined;
  const url = `${parts.join('://')}${path}`;
  return async (signal) => {
    const text = key();
    const headers = { 'User-Agent': type, ...(text === undefined ? {} : { 'X-Api-Key': text }) };
    return (await probe({ apiUrl: url, headers, trust: trustOf(values, options) }, signal)).status;
  };
}

/** Why banned addresses may get through though the files are in place. */
export function pluginConcerns(values: TraefikValues, isAsked: boolean): readonly Concern[] {
  const mode = new TypedOptions(effectiveOptions(values)).text('crowdsecMode', 'live');
  const concerns: Concern[] = [
    {
      level: 'warn',
      seen: 'what the plugin blocks is not seen from here: whether Traefik has loaded it, and which routers name it',
      fix: "see Traefik's log and dashboard, and `check --file` with its configuration; TRAEFIK_MODE=forwardauth counts what it blocks",
    },
  ];
  if (mode === 'stream') {
    const seen =
      'crowdsecMode stream: the plugin compares single addresses only, so clients in banned ranges get through';
    concerns.push({ level: 'warn', seen, fix: 'TRAEFIK_MODE=forwardauth, or crowdsecMode live, which blocks ranges' });
  }
  if (!keyPattern.test(values.lapiKey?.value().trim() ?? '')) {
    const seen = 'the key holds a character that the plugin takes in none: its routers answer 404';
    concerns.unshift({ level: 'fail', seen, fix: 'set a key of `sudo cscli bouncers add NAME`' });
  }
  if (mode === 'appsec' || mode === 'alone') {
    const seen = `crowdsecMode is ${mode}: the plugin does not ask LAPI, so its bans do not count`;
    concerns.unshift({ level: 'fail', seen, fix: 'use crowdsecMode stream or live' });
  } else if (!isAsked) {
    const seen = 'whether LAPI takes the key of the plugin is not seen: its key or address is not known here';
    concerns.unshift({ level: 'warn', seen, fix: 'see last_pull in `cscli bouncers list`' });
  }
  return concerns;
}

function keyOf(values: TraefikValues, options: TypedOptions): (() => string | undefined) | undefined {
  const { lapiKey, lapiClientCertFile, middleware, keyFile } = values;
  const given = options.text('crowdsecLapiKey');
  const file = options.text('crowdsecLapiKeyFile');
  const ownSecret = given.startsWith(`urn:k8s:secret:${secretName(values)}:`);
  const ownFile = file === `${configDirOf(values)}/${middleware}${sideFiles.key}` || (file !== '' && file === keyFile);
  if (given !== '' && !isReference(given)) return () => given;
  if (ownSecret || ownFile) {
    return () => {
      lapiKey?.refresh();
      return lapiKey?.value().trim();
    };
  }
  return given === '' && file === '' && lapiClientCertFile !== undefined ? () => undefined : undefined;
}

/** True when certificates are given as options of the plugin: they may lie on Traefik's side only. */
function hasOwnTrust({ plugin }: TraefikValues, options: TypedOptions): boolean {
  const isHttps = options.text('crowdsecLapiScheme', 'http') === 'https';
  return isHttps && Object.keys(plugin).some((name) => /^crowdsecLapiTlsCertificate/i.test(name));
}

function trustOf(values: TraefikValues, options: TypedOptions): TlsTrust {
  const { lapiCaFile, lapiClientCertFile, lapiClientKeyFile } = values;
  const read = (path: string): string => readFileSync(path, 'utf8');
  return {
    ca: [...systemCertificates(), ...(lapiCaFile === undefined ? [] : [read(lapiCaFile)])],
    ...(lapiClientCertFile === undefined ? {} : { cert: read(lapiClientCertFile) }),
    ...(lapiClientKeyFile === undefined ? {} : { key: read(lapiClientKeyFile) }),
    insecureSkipVerify: options.isOn('crowdsecLapiTlsInsecureVerify'),
  };
}
