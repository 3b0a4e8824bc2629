import { describe, expect, it } from 'vitest';
import { readComposition } from './compose-file.ts';

const read = (text: string, env: Readonly<Record<string, string>> = {}) => readComposition(text, '/clone/compose', env);
const service = (lines: string): string => `services:\n  one:\n    image: x\n${lines.replaceAll(/^/gm, '    ')}\n`;

describe('a compose file as words of docker run', () => {
  it('has its own network, the place of its files, and what the shell has put in', () => {
    const text = `services:
  one:
    image: \${REGISTRY:-}image:\${VERSION:-latest}
    deploy: { resources: { limits: { memory: 128M } } }
    environment: { URL: '\${URL:?where}', PIN: '\${PIN:-}' }
    secrets: [key]
    volumes: [./a:/a:ro, data:/data, /etc/x:/x]
    healthcheck: { test: [CMD, ask, it], interval: 1s }
  two: { image: y, network_mode: host, profiles: [more], depends_on: { one: { condition: service_healthy } } }
secrets: { key: { file: ./secrets/key } }
volumes: { data: }
`;
    expect(read(text, { URL: 'u' })).toEqual({
      network: 'compose_default',
      services: [
        {
          service: 'one',
          container: 'compose-one-1',
          options: [
            ...[
              '--network',
              'compose_default',
              '--network-alias',
              'one',
              '--memory',
              '128m',
              '-e',
              'URL=u',
              '-e',
              'PIN=',
            ],
            ...['-v', '/clone/compose/secrets/key:/run/secrets/key:ro', '-v', '/clone/compose/a:/a:ro'],
            ...['-v', 'compose_data:/data', '-v', '/etc/x:/x', '--health-cmd', 'ask it', '--health-interval', '1s'],
          ],
          image: 'image:latest',
          after: [],
        },
      ],
      secrets: ['/clone/compose/secrets/key'],
    });
    const [, two] = read(text, { URL: 'u', COMPOSE_PROFILES: 'some,more' }).services;
    expect(two).toMatchObject({ options: ['--network', 'host'], after: ['one'] });
  });

  it.each([
    ['a key of a service', service('pid: host'), /key pid/],
    ['a key of the file', 'configs: {}\nservices: {}', /configs/],
    ['a limit', service('deploy: { resources: { limits: { cpus: 1 } } }'), /memory/],
    ['a health check', service('healthcheck: { retries: 1 }'), /retries/],
    ['a form of a variable', service('user: $NAME'), /\$NAME|know \$/],
    ['a variable without a value', service("user: '${NAME:?who}'"), /required variable NAME is missing a value: who/],
    ['an undeclared volume', service('volumes: [data:/data]'), /undefined volume data/],
    ['an undeclared secret', service('secrets: [key]'), /undefined secret key/],
  ])('is refused with %s that it does not know', (_, text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});
