import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ConnectorProcess, runConnectorCommand, selfSigned, startLapi, startRouterOs, until } from '@bouncer/sandbox';
import { expect, it } from 'vitest';
import { blocksOf, commandsOf, wordsOf } from '../../docker/test/blocks.ts';

const [build, router] = await blocksOf('docs/routeros-container.md');

it('docs/routeros-container.md: what its lines give the container ends with the ban on the router', async () => {
  await using device = await startRouterOs({ tls: await selfSigned() });
  await using lapi = await startLapi({ key: 'abc123' });
  device.setPassword('crowdsec', 'printed-by-setup');
  lapi.decisions.add({ value: '203.0.113.7', duration: 3600 });
  const given = [...(router?.code ?? '').matchAll(/^\/container\/envs\/add name=crowdsec key=(\w+) value=(\S+)$/gm)];
  expect(given.length).toBe(router?.code.split('\n').filter((line) => line.startsWith('/container/envs')).length);
  const values: Readonly<Record<string, string>> = {
    'https://crowdsec.protected.lan/lapi': lapi.url,
    '172.20.0.1': `${device.host}:${device.port}`,
  };
  const env = Object.fromEntries(given.map(([, name = '', value = '']) => [name, values[value] ?? value]));
  const options = { app: 'mikrotik', env: { ...env, HTTP_LISTEN: 'off' } };
  // As the page says: the certificate is pinned by what `check` prints, before the start.
  const { stdout } = await runConnectorCommand({ ...options, args: ['check'] });
  const [, pin = ''] = /MIKROTIK_TLS_FINGERPRINT=([0-9A-Fa-f:]+)/.exec(stdout) ?? [];
  const pinned = { ...options.env, MIKROTIK_TLS_FINGERPRINT: pin };
  const { stderr } = await runConnectorCommand({ ...options, env: pinned, args: ['config'] });
  expect(stderr).toBe('');
  await using connector = new ConnectorProcess({ ...options, env: pinned });
  await until('the router has it', () => device.addressesOf('crowdsec-blocked').includes('203.0.113.7'));
  expect(await connector.stop()).toBe(0);
});

it('docs/routeros-container.md: the image that it builds is one that the Dockerfile has, and the router is given its file', async () => {
  const dockerfile = await readFile(path.resolve(import.meta.dirname, '../../docker/Dockerfile'), 'utf8');
  const [line = '', copy = ''] = commandsOf(build?.code ?? '');
  const words = await wordsOf(line);
  const after = (option: string): string => words[words.indexOf(option) + 1] ?? '';
  expect(words.slice(0, 2)).toEqual(['buildx', 'build']);
  const app = after('--build-arg').replace('APP=', '');
  const architecture = after('--platform').split('/')[1] ?? '';
  for (const stage of [`app-${app}`, `base-${architecture}`]) expect(dockerfile).toContain(` AS ${stage}\n`);
  const file = after('--output').replace('type=docker,dest=', '');
  const [, place] = /^scp (\S+) \S+:(\S+)$/.exec(copy)?.slice(1) ?? [];
  expect(copy).toContain(`scp ${file} `);
  expect(router?.code).toContain(`/container/add file=${place ?? ''}${file} `);
});
