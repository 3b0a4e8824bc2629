import { describe, expect, it } from 'vitest';
import { compileFilter } from './filter.ts';
import type { DecisionFilter } from './filter.ts';

const ban = {
  id: 1,
  origin: 'CAPI',
  scenario: 'crowdsecurity/ssh-bf',
  scope: 'Ip',
  type: 'ban',
  value: '203.0.113.7',
  duration: '4h',
};

function reason(filter: Partial<DecisionFilter>, decision: Partial<typeof ban> = {}) {
  return compileFilter({ types: new Set(['ban']), ...filter })({ ...ban, ...decision });
}

describe('filter', () => {
  it('enforces every decision of the right type when nothing else is set', () => {
    expect(reason({})).toBeUndefined();
    expect(reason({ origins: [], scenariosContaining: [], scenariosNotContaining: [] })).toBeUndefined();
  });

  it('enforces only the types it was given', () => {
    for (const type of ['captcha', 'whitelist', 'Ban', '']) expect(reason({}, { type })).toBe('type');
    expect(reason({ types: new Set(['ban', 'captcha']) }, { type: 'captcha' })).toBeUndefined();
  });

  it('compares origins exactly, as LAPI does', () => {
    expect(reason({ origins: ['CAPI', 'lists'] })).toBeUndefined();
    expect(reason({ origins: ['capi'] })).toBe('origin');
    expect(reason({ origins: ['cscli'] }, { origin: 'cscli-import' })).toBe('origin');
  });

  it('looks for scenarios anywhere and in any case', () => {
    expect(reason({ scenariosContaining: ['SSH', 'http'] })).toBeUndefined();
    expect(reason({ scenariosContaining: ['http'] })).toBe('scenario');
    expect(reason({ scenariosNotContaining: ['Ssh-BF'] })).toBe('scenario');
    expect(reason({ scenariosNotContaining: ['http'] })).toBeUndefined();
    expect(reason({ scenariosContaining: ['ssh'], scenariosNotContaining: ['bf'] })).toBe('scenario');
  });
});
