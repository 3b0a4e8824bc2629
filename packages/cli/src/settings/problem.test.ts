import { expect, it } from 'vitest';
import { configError } from './problem.ts';
import { Redactor } from './redactor.ts';

it('nothing that a problem quotes breaks its line or reaches a terminal as a command', () => {
  const problems = ['\u009b2J', 'a\r\n  b', '\u001b[1m', '\u202ex'].map((text) => ({
    variable: 'FIREWALL_PRIORITY',
    problem: `"${text}" is no priority`,
  }));
  expect(configError(problems, new Redactor()).message.split('\n')).toEqual([
    'FIREWALL_PRIORITY: "\\u009b2J" is no priority',
    'FIREWALL_PRIORITY: "a b" is no priority',
    'FIREWALL_PRIORITY: "\\u001b[1m" is no priority',
    'FIREWALL_PRIORITY: "\\u202ex" is no priority',
  ]);
});
