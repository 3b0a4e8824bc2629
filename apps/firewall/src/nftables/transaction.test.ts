import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Transaction } from './transaction.ts';

const addresses = Array.from({ length: 1201 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
const toElement = (text: string) => ({ addresses: text });

async function piecesOf(transaction: Transaction, turn?: Promise<void>, pieces: string[] = []): Promise<string[]> {
  for await (const piece of transaction.script(turn)) pieces.push(piece);
  return pieces;
}

describe('a transaction', () => {
  it('acts in its last piece alone, whatever it is about', async () => {
    const transaction = new Transaction();
    transaction.act('flush set inet t s');
    transaction.elements(['add', 'delete'], 'inet t s', addresses, toElement);
    transaction.prepare('add table inet t');
    const pieces = await piecesOf(transaction);
    expect(pieces.pop()).toBe(
      'flush set inet t s\nadd element inet t s $elements_0\ndelete element inet t s $elements_0\n',
    );
    expect(pieces[0]).toBe('add table inet t\n');
    expect(pieces.join('')).not.toMatch(/flush|delete|element inet/);
    expect(pieces.join('').match(/10\.0\.\d+\.\d+/g)).toEqual(addresses);
  });

  it('holds back what acts until its turn has come', async () => {
    const transaction = new Transaction();
    transaction.elements(['add'], 'inet t s', addresses, toElement);
    let begin = (): void => undefined;
    const turn = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const pieces: string[] = [];
    const read = piecesOf(transaction, turn, pieces);
    await setImmediate();
    expect(pieces.join('').match(/10\.0\.\d+\.\d+/g)).toEqual(addresses);
    expect(pieces.join('')).not.toContain('element inet');
    begin();
    await read;
    expect(pieces.at(-1)).toBe('add element inet t s $elements_0\n');
  });

  it('is empty when there is nothing to do', async () => {
    const transaction = new Transaction();
    transaction.elements(['add'], 'inet t s', [], toElement);
    expect((await piecesOf(transaction)).join('')).toBe('');
  });
});
