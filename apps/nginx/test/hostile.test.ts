import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { shellWord } from '@bouncer/target';
import { allHostileTexts, hostileText, samples } from '@bouncer/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { luaString } from '../src/lua/lua-text.ts';
import { nginxMissing } from './debian-nginx.ts';
import { RealNginx } from './real-nginx.ts';

const reason = await nginxMissing();

describe.skipIf(reason !== undefined)(`hostile text in the Lua of a real NGINX (${reason ?? 'ready'})`, () => {
  it('is a string with the same bytes, and nothing more', async () => {
    const texts = [...allHostileTexts, ...samples('Lua strings, read back by the Lua of NGINX', hostileText(), 1000)];
    const nginx = new RealNginx();
    onTestFinished(() => nginx[Symbol.asyncDispose]());
    // Tables of some hundred: one constructor of Lua takes no more than 2^18 constants, and files stay readable.
    const lines = texts.map((text) => `hex(${luaString(text)})`).join('\n');
    const program = `local function hex(text)
ngx.say((text:gsub(".", function(byte) return string.format("%02x", byte:byte()) end)))
end
${lines}
`;
    writeFileSync(path.join(nginx.folder, 'hostile.lua'), program);
    await nginx.configure({ server: `location /hostile { content_by_lua_file ${nginx.folder}/hostile.lua; }` });
    await nginx.start();
    const { status, body } = await nginx.ask({ path: '/hostile' });
    expect([status, nginx.errors.match(/\[error\].*/g)]).toEqual([200, null]);
    const back = body
      .split('\n')
      .slice(0, -1)
      .map((hex) => Buffer.from(hex, 'hex'));
    expect(back.map(String)).toEqual(texts.map((text) => Buffer.from(text).toString()));
  });
});

describe('a path in a command to paste', () => {
  it('is one word of the shell, with the same bytes', () => {
    const texts = [...allHostileTexts, ...samples('words of sh, read back by sh', hostileText(), 1000)];
    const sound = texts.filter((text) => !text.includes('\u0000') && Buffer.from(text).toString() === text);
    const input = sound.map((text) => `printf '%s\\0' ${shellWord(text)}\n`).join('');
    const { stdout, stderr } = spawnSync('sh', { input, maxBuffer: 1 << 26 });
    expect([stdout.toString().split('\u0000').slice(0, -1), stderr.toString()]).toEqual([sound, '']);
  });
});
