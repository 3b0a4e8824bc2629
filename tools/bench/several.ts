// usage: node tools/bench/several.ts [DECISIONS]     (after `npm run build`; 15,000 by default)
// Prints what four kinds cost in one process, against the same four in a process each. Asserts nothing.
import { mkdirSync } from 'node:fs';
import { decisionMix, until, type ConnectorProcess } from '@bouncer/sandbox';
import { startWorld, type World } from '../../apps/bouncer/test/fixture.ts';

const amount = Number(process.argv[2] ?? 15_000);
/** Milliseconds of following after all is in place. */
const FOLLOW_MS = 60_000;

interface Cost {
  readonly peak: number;
  readonly now: number;
  readonly cpu: number;
  readonly pulls: number;
}

const kinds = ['mikrotik', 'nginx', 'traefik', 'pfsense'] as const;
const single: Cost[] = [];
for (const kind of kinds) {
  const cost = await measure(kind, (world) => world.settings[kind]);
  single.push(cost);
  print(`crowdsec-${kind}-bouncer`, cost);
}
const sum = single.reduce((left, right) => ({
  peak: left.peak + right.peak,
  now: left.now + right.now,
  cpu: left.cpu + right.cpu,
  pulls: left.pulls + right.pulls,
}));
print('all four', sum);
const one = await measure('bouncer', (world) => world.all);
print('crowdsec-bouncer', one);
console.log(`memory ${(one.peak / sum.peak).toFixed(2)} of the sum, CPU ${(one.cpu / sum.cpu).toFixed(2)}`);

async function measure(app: string, env: (world: World) => Readonly<Record<string, string>>): Promise<Cost> {
  await using world = await startWorld({ decisions: decisionMix({ capi: amount }) });
  for (const folder of Object.values(world.folders)) mkdirSync(folder);
  const connector = world.start(env(world), 'bundle', app);
  await until('in step', () => isInStep(world, connector));
  await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
  const cost = {
    ...(await connector.memory()),
    cpu: await connector.cpuSeconds(),
    pulls: world.lapi.requests.pulls.length,
  };
  await connector.stop();
  return cost;
}

async function isInStep(world: World, connector: ConnectorProcess): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 500));
  if (!connector.stdout.includes('full pull complete')) return false;
  const answer = await fetch(`http://127.0.0.1:${world.ports.http}/status.json`);
  const { targets } = (await answer.json()) as { readonly targets: readonly { readonly state: string }[] };
  return targets.every(({ state }) => state === 'in-step');
}

function print(what: string, { peak, now, cpu, pulls }: Cost): void {
  console.log(`${what}: peak ${peak.toFixed(1)} MB, now ${now.toFixed(1)} MB, CPU ${cpu.toFixed(2)} s, pulls ${pulls}`);
}
