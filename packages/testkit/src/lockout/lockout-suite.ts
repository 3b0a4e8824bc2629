import { parseNetwork } from '@bouncer/stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileAddress } from '../hostile/addresses.ts';
import { samples, told } from '../hostile/fuzz.ts';
import { allHostileTexts } from '../hostile/texts.ts';
import {
  Bubble,
  ConnectorProcess,
  namespacesMissing,
  places,
  runConnectorCommand,
  startedAs,
  startLapi,
  until,
  type LapiSandbox,
} from '@bouncer/sandbox';
import { allowlist, lockoutCases, neverHeld, privateAddresses } from './cases.ts';

/** What a connector blocks on, as the suite sees it. */
export interface LockoutDevice extends AsyncDisposable {
  /** Settings that lead there from inside the bubble. */
  readonly env: Readonly<Record<string, string>>;
  /** Those of the addresses that are really blocked: by the list of the device, by NGINX, by the kernel. */
  blocked(addresses: readonly string[]): Promise<readonly string[]>;
  /** Entries of ours that the device holds, whatever their form. */
  count(): Promise<number>;
  /** What is on the device and should not be: foreign rules, text that became more than text. */
  odd?(): Promise<readonly string[]>;
  /** False for a connector whose device is the machine that it runs on. Default true. */
  readonly isRemote?: boolean;
  /** True when `sync` leaves the device blocking; false for one that blocks only while `run` runs. Default true. */
  readonly outlives?: boolean;
}

const CAP = 1000;
const BOGUS = 50_000;

/**
 * Nobody is locked out: bans of everyone who must never be blocked, through the whole connector, onto the real device.
 * @param missing why the device cannot be had here; it then stands in the name of what is skipped.
 */
export function lockoutSuite(
  app: string,
  missing: string | undefined,
  start: (bubble: Bubble) => Promise<LockoutDevice>,
): void {
  const reason = missing ?? namespacesMissing();

  describe.skipIf(reason !== undefined)(`${app}${startedAs(app).place} locks nobody out (${reason ?? 'ready'})`, () => {
    let bubble: Bubble;
    let lapi: LapiSandbox;
    let device: LockoutDevice;
    let running: ConnectorProcess | undefined;

    beforeAll(async () => {
      bubble = await Bubble.create();
      lapi = await startLapi();
      await bubble.expose(places.lapi, lapi.port);
      device = await start(bubble);
    });
    afterAll(async () => {
      await running?.stop('SIGKILL');
      await device[Symbol.asyncDispose]();
      await lapi.close();
      await bubble[Symbol.asyncDispose]();
    });

    function options(args: readonly string[], more: Readonly<Record<string, string>>) {
      const env = {
        CROWDSEC_API_URL: `http://${places.lapi}:${lapi.port}`,
        CROWDSEC_BOUNCER_API_KEY: lapi.key,
        CROWDSEC_UPDATE_FREQUENCY: '1s',
        ALLOWLIST: allowlist,
        HTTP_LISTEN: 'off',
        ...device.env,
        ...more,
      };
      return { app, args, env, launcher: bubble.inside.prefix };
    }

    /** Lets the connector bring the device in step with LAPI. */
    async function settle(wanted: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
      if (device.outlives !== false) {
        const { code, stdout, stderr } = await runConnectorCommand(options(['sync', '--accept-removals'], more));
        expect([code, stderr], stdout).toEqual([0, '']);
        return;
      }
      await running?.stop();
      // As `--accept-removals` above: each of these tests replaces LAPI's whole list.
      running = new ConnectorProcess(options(['run'], { MAX_REMOVAL_PERCENT: '100', ...more }));
      await until(`${wanted} is blocked`, async () => (await device.blocked([wanted])).length === 1, 60);
    }

    /** LAPI holds these and nothing else. */
    function ban(values: readonly string[], origin = 'cscli'): void {
      for (const { id } of [...lapi.decisions.rows()]) lapi.decisions.forget(id);
      lapi.decisions.addMany(values.map((value) => ({ value, duration: 3600, origin })));
    }

    describe('when LAPI bans', () => {
      beforeAll(async () => {
        ban([...lockoutCases.flatMap(({ banned }) => banned), ...neverHeld]);
        await settle('46.4.0.77');
      });

      it.each(lockoutCases)('$name', async ({ open, blocked = [] }) => {
        const nobody: readonly string[] = device.isRemote === false ? [places.device] : [];
        const wanted = open.filter((address) => !nobody.includes(address));
        expect([await device.blocked(wanted), await device.blocked(blocked)]).toEqual([[], blocked]);
      });

      it('those that nobody may ever block', async () => {
        expect(await device.blocked(neverHeld.filter((value) => !value.includes('/')))).toEqual([]);
      });
    });

    it('opens private space when told to, and nothing else', async () => {
      const others = [places.lapi, places.own, places.own6, '45.90.1.1'];
      ban([...privateAddresses, ...others, '127.0.0.1', '0.0.0.0/0', '46.4.0.77']);
      await settle('10.1.2.3', { BLOCK_PRIVATE_NETWORKS: 'true' });
      expect(await device.blocked([...privateAddresses, ...others, '45.1.1.1'])).toEqual([...privateAddresses]);
    });

    it('takes hostile text of LAPI for what it is, and blocks what it should all the same', async () => {
      ban(['46.4.0.77']);
      const sound = allHostileTexts.map((text, index) => ({ text, value: `46.8.${index >> 8}.${index & 255}` }));
      lapi.decisions.addMany(sound.map(({ text, value }) => ({ value, origin: text, scenario: text, duration: 3600 })));
      lapi.decisions.addMany(
        sound.map(({ text, value }) => ({ value, origin: 'lists', scenario: text, duration: 3600 })),
      );
      const odd = samples(`hostile values, as decisions on ${app}`, hostileAddress(), 300);
      const junk = [...allHostileTexts, ...odd].filter((text) => parseNetwork(text) === undefined);
      lapi.decisions.addMany(junk.map((value) => ({ value, scope: value.length % 2 === 0 ? 'Ip' : 'Range' })));
      lapi.decisions.addMany(allHostileTexts.map((text) => ({ value: '46.9.9.9', scope: text, type: text })));
      told(`hostile origins, scenarios, scopes and types, as decisions on ${app}`, 4 * allHostileTexts.length);
      await settle('46.8.0.0');
      const wanted = ['46.4.0.77', ...sound.map(({ value }) => value)];
      if (device.outlives === false)
        await until('all are blocked', async () => (await device.count()) === wanted.length, 60);
      expect(await device.count()).toBe(wanted.length);
      const some = wanted.filter((_, index) => index % 9 === 0);
      expect([await device.blocked(some), await device.blocked(['46.9.9.9'])]).toEqual([some, []]);
      expect(await device.odd?.()).toEqual(device.odd ? [] : undefined);
    });

    it(`holds MAX_ENTRIES and no more when ${BOGUS} bogus bans come at once, local ones first, protected ones never`, async () => {
      const bogus = Array.from(
        { length: BOGUS },
        (_, index) => `11.${index >> 12}.${(index >> 4) & 255}.${index & 15}`,
      );
      ban([...bogus, ...privateAddresses, places.lapi, places.own, places.gateway], 'CAPI');
      const local = ['46.4.0.77', '46.7.0.0/16'];
      lapi.decisions.addMany(local.map((value) => ({ value, duration: 60, origin: 'crowdsec' })));
      await settle('46.4.0.77', { MAX_ENTRIES: String(CAP) });
      // What is kept over a restart blocks that address before LAPI has said anything.
      if (device.outlives === false) await until('it is full', async () => (await device.count()) === CAP, 60);
      expect(await device.count()).toBe(CAP);
      const open = [...privateAddresses, places.lapi, places.own, places.gateway, '45.90.1.1'];
      expect([await device.blocked(open), await device.blocked(['46.4.0.77', '46.7.1.1'])]).toEqual([
        [],
        ['46.4.0.77', '46.7.1.1'],
      ]);
    });

    it('keeps exactly what it has when one answer of LAPI is suddenly empty', async () => {
      if (device.outlives === false) {
        expect(await device.count()).toBe(CAP);
        return;
      }
      const more = { MAX_ENTRIES: String(CAP) };
      lapi.faults.next({ kind: 'partial', keep: 0 });
      const hiccup = await runConnectorCommand(options(['sync'], more));
      expect([hiccup.code, await device.count()], hiccup.stdout).toEqual([1, CAP]);
      expect(hiccup.stderr).toContain('does not confirm');
      expect(hiccup.stderr).toContain('sync --accept-removals');
    });
  });
}
