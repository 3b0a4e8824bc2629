import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { memoryConnector, runCommand } from '../commands/testing.ts';

/** As a person fills it in: what is open gets a value, and every default is switched on. */
function filledIn(template: string, isWhole: boolean): string {
  const open = template
    .replace("api_url: ''", 'api_url: http://127.0.0.1:8080')
    .replace("api_key: ''", 'api_key: abcdef');
  return isWhole ? open.replaceAll(/^( *)# (\w+: (?!"").+)$/gm, '$1$2') : open;
}

describe('config init', () => {
  it('prints a file with every usual setting, and needs no configuration itself', async () => {
    const { code, stdout, stderr } = await runCommand(['config', 'init'], {});
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(parse(stdout)).toMatchObject({ crowdsec: { api_url: '', api_key: '' } });
    for (const key of ['ca_file', 'decision_types: ban', 'allowlist', 'http_listen: "127.0.0.1:9460"', 'mode: plain'])
      expect(stdout).toMatch(new RegExp(`^ *# ${key}`, 'm'));
  });

  it.each([false, true])('is taken once it is filled in (every default switched on: %s)', async (isWhole) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'init-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const file = path.join(folder, 'memory.yaml');
    const { stdout: template } = await runCommand(['config', 'init'], {});
    writeFileSync(file, filledIn(template, isWhole));
    const { code, stdout, stderr } = await runCommand(['config', '--config', file], {}, memoryConnector());
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('http://127.0.0.1:8080');
    if (isWhole) expect(stdout).toMatch(/MEMORY_MODE\s+plain.*yaml memory\.mode/);
  });

  it('names the kinds there are for one that is not', async () => {
    const { code, stderr } = await runCommand(['config', 'init', 'memori'], {});
    expect({ code, stderr }).toEqual({ code: 2, stderr: 'config init: no kind "memori" here; accepted: memory\n' });
  });
});
