import { endianness } from 'node:os';
import { describe, expect, it } from 'vitest';
import { defaultGateways } from './default-gateways.ts';

const route = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0
eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0
`;
const zeros = '0'.repeat(32);
const ipv6Route = `${zeros} 00 ${zeros} 00 2a0104f8000000000000000000000001 00000400 00000001 00000000 00000003     eth0
2a0104f8000000000000000000000000 40 ${zeros} 00 ${zeros} 00000100 00000002 00000000 00000001     eth0
${zeros} 00 ${zeros} 00 ${zeros} ffffffff 00000001 00000000 00200200       lo
`;

describe('the default gateways', () => {
  it.skipIf(endianness() !== 'LE')('are those of the default routes that have a next hop', () => {
    const files: Record<string, string> = { '/proc/net/route': route, '/proc/net/ipv6_route': ipv6Route };
    expect(defaultGateways((path) => files[path] ?? '')).toEqual([
      '172.17.0.1',
      '2a01:04f8:0000:0000:0000:0000:0000:0001',
    ]);
  });

  it('are none where the system tells nothing, or nonsense', () => {
    expect(defaultGateways(() => '')).toEqual([]);
    expect(defaultGateways(() => 'x 00000000 zz\n\n00000000')).toEqual([]);
    expect(defaultGateways()).toEqual(expect.any(Array));
  });
});
