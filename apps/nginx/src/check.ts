import type { CheckStep } from '@bouncer/connector';
import { createProtectedSpace, hintOf, messageOf } from '@bouncer/stream';
import { checkCaptcha } from './captcha/captcha-check.ts';
import { configFolder, type NginxValues } from './config.ts';
import { inspectConfiguration } from './inspect-configuration.ts';
import { readStatus } from './status/read-status.ts';
import { dumpConfiguration } from './dump-configuration.ts';

/** Fewer private clients than this may be a health check. */
const enoughSamples = 20;

/** The doctor's half of NGINX, behind folder and files. Writes nothing. */
export async function* checkNginx(values: NginxValues, signal: AbortSignal): AsyncGenerator<CheckStep> {
  const dump = await dumpConfiguration(signal);
  if ('unseen' in dump) {
    const hint = 'run `nginx -T` there and look for the include line, set_real_ip_from and other access_by_lua lines';
    yield {
      ok: true,
      level: 'ok',
      step: 'configuration of nginx',
      seen: `not visible from here (${dump.unseen}); ${hint}`,
    };
  } else {
    const { allowlist, blockPrivateNetworks } = values;
    const space = createProtectedSpace({ allowlist, blockPrivateNetworks, addresses: [] });
    yield* inspectConfiguration(dump.text, values.mode, configFolder(values), space);
  }
  yield* checkCaptcha(values, signal);
  if (values.mode !== 'lua' || values.statusUrl === undefined) return;
  try {
    const { counters, segments, seen } = await readStatus(values.statusUrl, signal);
    const sum = (field: 'processed' | 'requests'): number =>
      counters.reduce((total, one) => total + (one[field] ?? 0), 0);
    const list =
      segments === undefined ? 'no list yet (it is read at the first request)' : `a list of ${segments} segments`;
    yield {
      ok: true,
      level: 'ok',
      step: 'status',
      seen: `NGINX has ${list}, ${sum('processed')} requests looked at, ${sum('requests')} refused`,
    };
    yield clientsStep(seen);
  } catch (error) {
    yield { ok: false, level: 'fail', step: 'status', seen: messageOf(error), fix: hintOf(error) };
  }
}

function clientsStep(seen: { readonly private: number; readonly public: number }): CheckStep {
  const total = seen.private + seen.public;
  const text = `${total} sampled, ${seen.private} of them with private addresses`;
  if (seen.public > 0 || total < enoughSamples) return { ok: true, level: 'ok', step: 'clients', seen: text };
  return {
    ok: false,
    level: 'fail',
    step: 'clients',
    seen: `${text}: NGINX sees a proxy (or Docker) in place of its clients, and blocks nobody`,
    fix: 'set_real_ip_from <address of the proxy>; real_ip_header X-Forwarded-For; or publish the ports with network_mode: host',
  };
}
