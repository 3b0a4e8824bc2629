import { describe, expect, it } from 'vitest';
import { Transaction } from './transaction.ts';

const addresses = Array.from({ length: 1201 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
const toElement = (text: string) => ({ addresses: text });

describe('a transaction', () => {
  it('acts in its last piece alone, whatever it is about', () => {
    const transaction = new Transaction();
    transaction.act('flush set inet t s');
    transaction.elements(['add', 'delete'], 'inet t s', addresses, toElement);
    transaction.prepare('add table inet t');
    const pieces = [...transaction.script()];
    expect(pieces.pop()).toBe(
      'flush set inet t s\nadd element inet t s $elements_0\ndelete element inet t s $elements_0\n',
    );
    expect(pieces[0]).toBe('add table inet t\n');
    expect(pieces.join('')).not.toMatch(/flush|delete|element inet/);
    expect(pieces.join('').match(/10\.0\.\d+\.\d+/g)).toEqual(addresses);
  });

  it('is empty when there is nothing to do', () => {
    const transaction = new Transaction();
    transaction.elements(['add'], 'inet t s', [], toElement);
    expect([...transaction.script()].join('')).toBe('');
  });
});
