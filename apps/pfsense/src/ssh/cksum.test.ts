import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { cksum } from './cksum.ts';

it.each([0, 1, 255, 256, 70_000])('gives for %i bytes what cksum prints', (length) => {
  const bytes = randomBytes(length);
  expect(cksum(bytes)).toBe(execFileSync('cksum', { input: bytes }).toString().trim());
});
