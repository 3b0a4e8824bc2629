import { createHash, createHmac } from 'node:crypto';

/** `SHA256:...` of a host key, as `ssh-keygen -l` prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

export function isHostKeyPin(text: string): boolean {
  return /^SHA256:[A-Za-z0-9+/]{43}=?$/.test(text);
}

/** The key type that a key's bytes begin with: `ssh-ed25519`. */
export function keyTypeOf(key: Buffer): string {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0);
  return key.subarray(4, 4 + Math.min(length, 64)).toString('latin1');
}

/** One line of a known_hosts file that speaks of a host. */
export interface KnownKey {
  readonly type: string;
  readonly key: Buffer;
  readonly revoked: boolean;
}

/** The keys that a known_hosts file holds for a host. Plain, patterned and hashed names; certificates are not used. */
export function knownKeys(text: string, host: string, port: number): KnownKey[] {
  const name = port === 22 ? host : `[${host}]:${port}`;
  const found: KnownKey[] = [];
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
    const [names, type, key] = words;
    if (names === undefined || key === undefined || type === undefined || names.startsWith('#')) continue;
    if (marker === '@cert-authority' || !matches(names, name)) continue;
    found.push({ type, key: Buffer.from(key, 'base64'), revoked: marker === '@revoked' });
  }
  return found;
}

function matches(names: string, name: string): boolean {
  if (names.startsWith('|1|')) {
    const [, , salt = '', hash = ''] = names.split('|');
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  const patterns = names.split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && glob(pattern.slice(1), name))) return false;
  return patterns.some((pattern) => glob(pattern, name));
}

function glob(pattern: string, name: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'i').test(name);
}
