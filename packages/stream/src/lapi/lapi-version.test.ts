import { describe, expect, it } from 'vitest';
import { lapiVersionOf } from './lapi-version.ts';

const old = { duration: '3h59m58.17252754s', id: 1 };
const uuid = '00000000-0000-4000-8000-000000000001';

describe('the version of LAPI', () => {
  it.each([
    ['before 1.5', '{"deleted":null,"new":[{', old],
    ['1.5 to 1.6.2', '{"deleted":null,"new":[{', { ...old, uuid }],
    ['1.6.3 to 1.7.7', '{"deleted":[],"new":[{', { duration: '3h59m58s', uuid }],
    ['1.7.8 or newer', '{"new": [{', { duration: '3h59m58s', uuid }],
    [undefined, '{"new": [], "deleted": []}', undefined],
    [undefined, '', 'nonsense'],
  ])('is %s by how it writes', (version, head, first) => {
    expect(lapiVersionOf({ head, first })).toBe(version);
  });
});
