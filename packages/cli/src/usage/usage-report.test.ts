import { expect, it } from 'vitest';
import { dropItems } from './usage-report.ts';

it('tells requests of a web server as requests, and how many it has looked at', () => {
  const drops = (refused: number, processed: number) =>
    new Map([
      [
        'nginx',
        [
          { family: 4, packets: 0, bytes: 0, origin: 'CAPI', requests: refused },
          { family: 4, packets: 0, bytes: 0, processed },
        ] as const,
      ],
    ]);
  expect(dropItems(drops(3, 100), drops(8, 250))).toEqual([
    { name: 'dropped', value: 5, unit: 'request', labels: { origin: 'CAPI', ip_type: 'ipv4' } },
    { name: 'processed', value: 150, unit: 'request', labels: { ip_type: 'ipv4' } },
  ]);
});

it('names no family where the device tells none', () => {
  const drops = (packets: number) => new Map([['pf', [{ packets, bytes: 0 }]]]);
  expect(dropItems(drops(2), drops(5))).toEqual([{ name: 'dropped', value: 3, unit: 'packet', labels: {} }]);
});
