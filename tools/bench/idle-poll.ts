// usage: node tools/bench/idle-poll.ts     (add --no-opt --no-maglev for the flags of the MikroTik connector)
// Prints what an idle poll costs beyond the HTTP call, with 100,000 decisions held. Asserts nothing.
import { DecisionStream, createProtectedSpace, systemClock } from '@bouncer/stream';
import type { Delta, LapiClient, PullResult, WireDecision } from '@bouncer/stream';

const DECISIONS = 100_000;
const POLLS = 2000;
const calm = new AbortController().signal;
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const nothing: Delta = { deleted: [], added: [], decisions: 0, malformed: 0, bytes: 0 };

/** A LAPI without a wire. */
const client: LapiClient = {
  pullFull(_query, onDecision: (decision: WireDecision) => void): Promise<PullResult> {
    for (let id = 0; id < DECISIONS; id += 1) {
      const value = `${20 + (id >> 16)}.${(id >> 8) & 255}.${id & 255}.7`;
      onDecision({ id, value, origin: 'CAPI', scenario: 'bench', scope: 'Ip', type: 'ban', duration: '24h' });
    }
    return Promise.resolve({ decisions: DECISIONS, malformed: 0, bytes: 0 });
  },
  pullDelta: () => Promise.resolve(nothing),
  decisions: () => {
    throw new Error('not asked for');
  },
  pushUsageMetrics: () => Promise.resolve('unsupported'),
};

const stream = new DecisionStream({
  client,
  clock: systemClock,
  filter: { types: new Set(['ban']) },
  protectedSpace: () =>
    Promise.resolve(createProtectedSpace({ allowlist: [], addresses: [], blockPrivateNetworks: false })),
  updateFrequency: 10,
  resyncInterval: 3600,
  log: silent,
});
await stream.poll(calm);
const before = process.cpuUsage();
for (let poll = 0; poll < POLLS; poll += 1) await stream.poll(calm);
const { user, system } = process.cpuUsage(before);
console.log(`${stream.set.size} networks: ${((user + system) / POLLS).toFixed(1)} us of CPU an idle poll`);
