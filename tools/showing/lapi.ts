import { startLapi, startRealLapi, type DecisionInput } from '@bouncer/sandbox';

/** The LAPI of the demo, stand-in or real. */
export interface DemoLapi extends AsyncDisposable {
  readonly kind: string;
  readonly url: string;
  readonly key: string;
  /** How many it started with. */
  readonly decisions: number;
  ban(value: string): Promise<void>;
  unban(value: string): Promise<void>;
}

const BAN_SECONDS = 3600;

/** Starts a LAPI that holds these decisions. */
export async function demoLapi(real: boolean, decisions: readonly DecisionInput[]): Promise<DemoLapi> {
  return real ? realLapi(decisions) : standIn(decisions);
}

async function standIn(decisions: readonly DecisionInput[]): Promise<DemoLapi> {
  const lapi = await startLapi({ decisions, prefix: '/lapi' });
  return {
    kind: 'stand-in',
    url: lapi.url,
    key: lapi.key,
    decisions: decisions.length,
    ban(value) {
      lapi.decisions.add({ value, duration: BAN_SECONDS, origin: 'cscli', scenario: 'manual ban of the demo' });
      return Promise.resolve();
    },
    unban(value) {
      lapi.decisions.delete({ value });
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => lapi.close(),
  };
}

async function realLapi(decisions: readonly DecisionInput[]): Promise<DemoLapi> {
  const lapi = await startRealLapi();
  const key = await lapi.addBouncer('demo');
  await lapi.importDecisions(decisions);
  return {
    kind: 'CrowdSec',
    url: lapi.url,
    key,
    decisions: decisions.length,
    ban: (value) => lapi.ban(value, BAN_SECONDS),
    unban: (value) => lapi.unban(value),
    [Symbol.asyncDispose]: () => lapi.stop(),
  };
}
