import { messageOf, systemClock, TransientError } from '@bouncer/stream';
import { apiAddress, dnsStep, failed, passed, tcpStep, tlsStep, warned } from '@bouncer/target';
import type { CheckStep, CoreValues, TlsTrust } from '@bouncer/target';
import { webhookOf } from './message.ts';
import type { Notice } from './notice.ts';
import { createSend, placeOf } from './send.ts';

const fix = 'correct NOTIFY_URL, or see to it that it is reached from here; protection does not depend on it';

/** What a doctor needs to know of the webhook. */
export interface NotifyCheck {
  readonly values: CoreValues;
  readonly type: string;
  readonly version: string;
  readonly trust: TlsTrust;
  /** True when a message may be sent, to see that it arrives. */
  readonly isAsked: boolean;
}

/**
 * Whether the webhook can be reached: its name, its port, its certificate. Nothing is sent unless it is asked for. Nothing
 * here fails the check: what is blocked stays blocked without it; only a message that was asked for and not taken does.
 */
export async function* notifySteps(check: NotifyCheck, signal: AbortSignal): AsyncGenerator<CheckStep> {
  const webhook = webhookOf(check.values);
  if (!webhook) {
    if (check.isAsked) yield failed('webhook', 'nobody is told of the verdict', 'set NOTIFY_URL');
    return;
  }
  const place = `${webhook.format} at ${placeOf(webhook.url)}`;
  const trouble = await reach(webhook.url, check.trust, signal);
  if (trouble) {
    yield warned('webhook', `${place}: ${trouble.seen}`, trouble.fix ?? fix);
    return;
  }
  if (!check.isAsked) {
    yield passed('webhook', `${place} can be reached; nothing was sent, \`check --notify\` sends a test`);
    return;
  }
  try {
    await createSend(check.values)(testNotice(check), signal);
    yield passed('webhook', `${place} took a test message`);
  } catch (error) {
    signal.throwIfAborted();
    yield failed('webhook', messageOf(error), 'correct NOTIFY_URL, NOTIFY_TOKEN or NOTIFY_FORMAT');
  }
}

/** The first step on the way there that does not end well. */
async function reach(url: string, trust: TlsTrust, signal: AbortSignal): Promise<CheckStep | undefined> {
  const address = apiAddress(url);
  const { host, port } = address;
  const dns = await dnsStep(host, fix);
  if (!dns.ok) return dns;
  const refused = ({ message }: Error): Error => new TransientError(`port ${port}: ${message}`, { hint: fix });
  const tcp = await tcpStep(address, signal, refused);
  if (!tcp.ok || !address.tls) return tcp.ok ? undefined : tcp;
  const tls = await tlsStep(address, trust, signal);
  if (tls.level === 'ok') return undefined;
  return tls.seen.startsWith('no TLS') ? { ...tls, fix } : tls;
}

function testNotice({ type, version }: NotifyCheck): Notice {
  const at = systemClock.wall();
  return {
    isTest: true,
    type,
    version,
    verdict: 'protecting',
    before: 'protecting',
    since: at,
    at,
    title: `${type}: a test`,
    lines: ['A test of NOTIFY_URL, sent by check --notify.'],
  };
}
