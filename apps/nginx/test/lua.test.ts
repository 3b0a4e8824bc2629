import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { programMissing } from '@bouncer/sandbox';
import { foreignText } from '@bouncer/target';
import { afterAll, describe, expect, it } from 'vitest';
import { readBanPage } from '../src/ban-page.ts';
import { configurationFiles } from '../src/lua/configuration-files.ts';

const app = path.resolve(import.meta.dirname, '..');
const temporary = mkdtempSync(path.join(tmpdir(), 'lua-'));
afterAll(() => {
  rmSync(temporary, { recursive: true });
});

const noLuacheck = await programMissing('luacheck', 'lua-check', ['--version']);
const noLuajit = await programMissing('luajit', 'luajit', ['-v']);
const sources = readdirSync(path.join(app, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.lua'))
  .map((file) => path.join('src', file));

function luacheck(...files: readonly string[]): string {
  const flags = ['--config', '.luacheckrc', '--no-cache', '--no-color', '--codes', '-q', ...files];
  return spawnSync('luacheck', flags, { cwd: app }).stdout.toString();
}

/** What LuaJIT makes of it, without the numbers of lines. A listing: in a file the order within a table is by chance. */
function bytecode(text: string): string {
  const listing = execFileSync('luajit', ['-bl', '-'], { input: text }).toString();
  return listing.replace(/^-- BYTECODE -- .*$/gm, '--').replace(/0x[0-9a-f]+|"?=?stdin"?:\d+/g, '');
}

describe.skipIf(noLuacheck !== undefined)(`luacheck (${noLuacheck ?? 'ready'})`, () => {
  it('finds nothing in our files', () => {
    expect(sources.length).toBeGreaterThan(10);
    expect(luacheck(...sources)).toMatch(/^Total: 0 warnings \/ 0 errors in \d+ files\n$/);
  });

  it.each(['unix:/output/crowdsec-captcha.sock', 'bouncer:8081', undefined])(
    'finds nothing in the whole script, with a captcha page at %s',
    (connect) => {
      const captcha = connect === undefined ? undefined : { connect, page: ['<', '>'] as const };
      const settings = { folder: '/output', banStatus: 403, banPage: readBanPage(undefined), captcha };
      const statusUrl = 'http://127.0.0.1:9000';
      const appsec = { timeout: 0.5, bodyLimit: 1024, denies: false };
      for (const [onMissing, more] of [
        ['open', {}],
        ['closed', { appsec }],
      ] as const) {
        const files = configurationFiles({ ...settings, ...more, onMissing, statusUrl })
          .filter((file) => file.path.endsWith('.lua'))
          .map((file) => {
            const to = path.join(temporary, file.path);
            writeFileSync(to, file.bytes);
            return to;
          });
        expect(luacheck(...files)).toBe('Total: 0 warnings / 0 errors in 2 files\n');
      }
    },
  );
});

describe.skipIf(noLuajit !== undefined)(`LuaJIT (${noLuajit ?? 'ready'})`, () => {
  it.each(sources)('is given the same program by %s as it is written and as it is sent', (file) => {
    const text = readFileSync(path.join(app, file), 'utf8');
    const [block = '', lines = ''] = /^-- settings\b.*\n([^]*?)^-- end of settings\n/m.exec(text) ?? [];
    const squeezed = foreignText({ url: `file://${app}/` }, file);
    expect(squeezed.length).toBeLessThanOrEqual(text.length);
    const written = bytecode(text.replace(block, () => lines));
    expect(written).toMatch(/RET|CALLT/);
    expect(bytecode(squeezed.replace(/@settings\(.*\)\n/, () => lines))).toBe(written);
  });
});
