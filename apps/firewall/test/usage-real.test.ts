import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { recentLapiMissing, startRealLapi, until } from '@bouncer/sandbox';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Lab } from './lab.ts';
import { kernelMissing } from './namespace.ts';

const reason = kernelMissing() ?? (await recentLapiMissing());

/** The community's and subscribed lists come from outside; here what was imported is told to be theirs. */
function giveOrigin(database: string, value: string, origin: string, scenario: string): void {
  const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite') as typeof import('node:sqlite');
  const store = new DatabaseSync(database);
  store.prepare('UPDATE decisions SET origin = ?, scenario = ? WHERE value = ?').run(origin, scenario, value);
  store.close();
}

interface Row {
  readonly [unit: string]: number | undefined;
}

describe.skipIf(reason !== undefined)(`what cscli metrics shows (${reason ?? 'ready'})`, () => {
  it('is what was sent, by origin and by list, from the first packet to the last, over a restart', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'usage-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const socket = path.join(folder, 'lapi.sock');
    await using lapi = await startRealLapi({ dir: folder, socket, metrics: true });
    const key = await lapi.addBouncer('linux');
    await lapi.ban('45.83.64.1', 3600);
    await lapi.importDecisions(['45.83.64.2', '45.83.66.0/24', '45.83.67.0'].map((value) => ({ value })));
    const database = path.join(folder, 'data/crowdsec.db');
    giveOrigin(database, '45.83.64.2', 'lists', 'firehol_level1');
    giveOrigin(database, '45.83.66.0/24', 'lists', 'otx-webscanners');
    giveOrigin(database, '45.83.67.0', 'CAPI', 'http:scan');
    await using lab = await Lab.create();
    const env = { CROWDSEC_API_URL: `unix://${socket}`, CROWDSEC_BOUNCER_API_KEY: key };
    // IPv4 alone: of IPv6 a neighbour solicitation of the kernel's may count as well.
    const probes = { '45.83.64.1': 7, '45.83.64.2': 5, '45.83.66.9': 3, '45.83.67.0': 2 };
    for (const round of [1, 2]) {
      const connector = lab.start(env);
      const isIn = `nft -c delete element inet crowdsec crowdsec_o_cscli4 { 45.83.64.1 }`;
      await until('the bans are in the kernel', () =>
        lab.host.run(isIn).then(
          () => connector.stdout.includes('in step'),
          () => false,
        ),
      );
      for (const [from, count] of Object.entries(probes)) {
        await lab.attacker
          .run(`ping -n -q -c ${count * round} -i 0.01 -W 0.1 -I ${from} 45.83.0.1`)
          .catch(() => undefined);
      }
      expect(await connector.stop()).toBe(0);
    }
    const shown = JSON.parse(await lapi.cscli(['metrics', 'show', 'bouncers', '-o', 'json'])) as {
      readonly bouncers: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Row>>>>>>;
    };
    const rows = Object.values(shown.bouncers)[0] ?? {};
    const packets = Object.fromEntries(
      Object.entries(rows).map(([origin, row]) => [origin, row['dropped']?.['packet']]),
    );
    expect(packets).toMatchObject({
      cscli: 3 * 7,
      'lists:firehol_level1': 3 * 5,
      'lists:otx-webscanners': 3 * 3,
      CAPI: 3 * 2,
    });
    expect(rows['lists:firehol_level1']?.['dropped']?.['byte']).toBe(15 * 84);
    expect(rows['']?.['processed']?.['packet']).toBeGreaterThanOrEqual(3 * 17);
  });
});
