import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { knownKeys } from './host-key.ts';

const key = 'AAAAC3NzaC1lZDI1NTE5AAAAIGFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh';
const salt = Buffer.from('salt').toString('base64');
const hashed = `|1|${salt}|${createHmac('sha1', Buffer.from('salt')).update('fw.lan').digest('base64')}`;

it.each([
  ['fw.lan', 22, 1],
  ['FW.lan,10.0.0.1', 22, 1],
  ['*.lan', 22, 1],
  ['*.lan,!fw.lan', 22, 0],
  ['other', 22, 0],
  ['fw.lan', 2222, 0],
  ['[fw.lan]:2222', 2222, 1],
  [hashed, 22, 1],
  ['@cert-authority fw.lan', 22, 0],
])('reads %s for port %i', (names, port, found) => {
  expect(knownKeys(`# comment\n${names} ssh-ed25519 ${key} me\n`, 'fw.lan', port)).toHaveLength(found);
});

it('knows a key that was revoked', () => {
  expect(knownKeys(`@revoked fw.lan ssh-ed25519 ${key}`, 'fw.lan', 22)).toMatchObject([{ revoked: true }]);
});
