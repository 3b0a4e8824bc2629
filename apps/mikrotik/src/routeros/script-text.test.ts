import { describe, expect, it } from 'vitest';
import { name, quoted } from './script-text.ts';

describe('quoted', () => {
  it('leaves nothing that a RouterOS script would act on', () => {
    expect(quoted('plain text')).toBe('"plain text"');
    expect(quoted('a"b\\c$[/system/reboot]?')).toBe('"a\\"b\\\\c\\$[/system/reboot]\\?"');
  });

  it('refuses control characters', () => {
    expect(() => quoted('a\nb')).toThrow();
  });
});

describe('name', () => {
  it('quotes only what has to be quoted', () => {
    expect(name('crowdsec-blocked')).toBe('crowdsec-blocked');
    expect(name('block list')).toBe('"block list"');
    expect(name('!x')).toBe('"!x"');
    expect(name('')).toBe('""');
  });
});
