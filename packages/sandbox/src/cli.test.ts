import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';

const cli = fileURLToPath(new URL('cli.ts', import.meta.url));

describe('the command line', () => {
  it('starts a LAPI, takes orders and ends when told', async () => {
    const child = spawn(process.execPath, [cli, 'lapi', '--decisions', '50', '--local', '0', '--prefix', '/lapi']);
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const line = async (): Promise<string> => String((await lines.next()).value);
    try {
      const [, url = ''] = (await line()).split('=');
      expect(await line()).toBe('CROWDSEC_BOUNCER_API_KEY=sandbox-key');
      child.stdin.write('ban 45.83.64.1 60\n');
      expect(await line()).toBe('banned 45.83.64.1');
      const response = await fetch(`${url}/v1/decisions?ip=45.83.64.1`, { headers: { 'x-api-key': 'sandbox-key' } });
      expect(await response.json()).toMatchObject([{ value: '45.83.64.1', origin: 'cscli' }]);
      child.stdin.write('count\n');
      expect(await line()).toBe('51 live decisions');
    } finally {
      child.kill('SIGTERM');
    }
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('tells its usage for a word it does not know', async () => {
    const child = spawn(process.execPath, [cli, 'nonsense']);
    const pieces: Buffer[] = [];
    child.stderr.on('data', (piece: Buffer) => pieces.push(piece));
    expect(await once(child, 'close')).toEqual([2, null]);
    expect(Buffer.concat(pieces).toString()).toContain('lapi|pfsense|routeros');
  });
});
