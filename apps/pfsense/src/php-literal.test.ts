import { spawnSync } from 'node:child_process';
import { allHostileTexts } from '@bouncer/testkit';
import { describe, expect, it } from 'vitest';
import { phpLiteral } from './php-literal.ts';

const hasPhp = spawnSync('php', ['-v']).status === 0;

describe('phpLiteral', () => {
  it('prints texts, switches, lists and maps', () => {
    expect(phpLiteral(true)).toBe('true');
    expect(phpLiteral(`a'b\\c$d`)).toBe(`'a\\'b\\\\c$d'`);
    expect(phpLiteral([{ a: 'b', c: '' }])).toBe("array(\n\tarray('a' => 'b', 'c' => ''),\n)");
  });

  it.skipIf(!hasPhp)('is read by PHP as the same texts', () => {
    const input = `<?php echo json_encode(${phpLiteral(allHostileTexts)}, JSON_THROW_ON_ERROR);`;
    const { stdout } = spawnSync('php', [], { input });
    expect(JSON.parse(stdout.toString())).toEqual(allHostileTexts.map((text) => Buffer.from(text).toString()));
  });
});
