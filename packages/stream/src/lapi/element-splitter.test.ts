import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TransientError } from './errors.ts';
import { ElementSplitter } from './element-splitter.ts';
import type { SplitterOptions } from './element-splitter.ts';

const STREAM: SplitterOptions = { root: 'object', keys: new Set(['new', 'deleted']) };
const LIST: SplitterOptions = { root: 'array', keys: new Set() };

function split(chunks: readonly Buffer[], options: SplitterOptions = STREAM): Record<string, unknown[]> {
  const found: Record<string, unknown[]> = {};
  const splitter = new ElementSplitter(options, (key, elements) => (found[key] = [...(found[key] ?? []), ...elements]));
  for (const chunk of chunks) splitter.write(chunk);
  splitter.end();
  return found;
}

/** Cut into pieces of one size, from one byte up to the whole. */
function pieces(text: string, size: number): Buffer[] {
  const bytes = Buffer.from(text);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

const read = (text: string, options = STREAM) => split([Buffer.from(text)], options);

describe('element splitter', () => {
  it.each([
    ['{"deleted":null,"new":null}', {}],
    ['{"new": [], "deleted": []}', {}],
    ['{"deleted":[]}', {}],
    ['{"new":null}', {}],
    ['{}', {}],
    ['{"new":[1],"deleted":[2,3]}', { new: [1], deleted: [2, 3] }],
    ['{"deleted":[2,3],"new":[1]}', { new: [1], deleted: [2, 3] }],
    [
      ' {\n"new" : [ {"a":"]},[{\\"\\\\"} ,\t2 ] , "other" : {"new":[9]}, "x":"a,}\\"]", "y": -1.5e3 }\r\n',
      { new: [{ a: ']},[{"\\' }, 2] },
    ],
    ['{"new":[[1,[2]],{"b":[{}]},"é😀",null,true]}', { new: [[1, [2]], { b: [{}] }, 'é😀', null, true] }],
  ])('reads %j whole, and cut at every size', (text, expected) => {
    for (let size = 1; size <= Buffer.byteLength(text); size++) expect(split(pieces(text, size))).toEqual(expected);
  });

  it.each([
    ['null', {}],
    ['[]', {}],
    [' [ ] ', {}],
    ['[{"id":1}, 2]', { '': [{ id: 1 }, 2] }],
  ])('reads the bare list %j', (text, expected) => {
    for (let size = 1; size <= text.length; size++) expect(split(pieces(text, size), LIST)).toEqual(expected);
  });

  it.each([
    ...[
      '',
      ' ',
      '{',
      '{"new":',
      '{"new":[',
      '{"new":[1',
      '{"new":[1,',
      '{"new":[1]',
      '{"new":[1],',
      '{"new":nul',
      '{"new":[{"a":"]}',
    ],
    ...[
      'null',
      '[]',
      '"x"',
      '1',
      '<html>',
      'Bad Gateway',
      '{"new":{}}',
      '{"new":"x"}',
      '{"deleted":3}',
      '{"new":true}',
      '{"new":nule}',
    ],
    ...[
      '{"new":[]}x',
      '{"new":[]}{}',
      '{"new":[]},',
      '{"new":[1,]}',
      '{"new":[,1]}',
      '{"new":[1,,2]}',
      '{"new":[1 2]}',
      '{"new":[}]}',
      '{"new":[1}}',
      '{"new":[{"a":1}},"deleted":[]}',
    ],
    ...[
      '{"new":[a]}',
      '{"new":[{]}',
      "{'new':[]}",
      '{new:[]}',
      '{"new"[]}',
      '{"new":[],}',
      '{"new":[] "deleted":[]}',
      '{,}',
    ],
    ...['{"status":"ok"}', '{"message":"access forbidden"}', '{"ne\\u0077":[]}'],
  ])('refuses %j, however it is cut', (text) => {
    for (let size = 1; size <= Math.max(1, text.length); size++) {
      expect(() => split(pieces(text, size))).toThrow(TransientError);
    }
  });

  it('refuses any answer that is cut off, at whichever byte', () => {
    const text = '{"new":[{"id":1,"value":"a\\"b"},{"id":2}],"deleted":[{"id":3}],"x":{"y":[1]}}';
    for (let length = 0; length < text.length; length++)
      expect(() => read(text.slice(0, length))).toThrow(TransientError);
  });

  it('finds what JSON.parse finds, for any values, spacing and cuts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue()),
        fc.array(fc.jsonValue()),
        fc.nat(4),
        fc.integer({ min: 1, max: 50 }),
        (added, deleted, space, size) => {
          const text = JSON.stringify({ deleted, more: added, new: added }, null, space);
          const whole = JSON.parse(text) as Record<string, unknown[]>;
          const found = split(pieces(text, size));
          expect([found['new'] ?? [], found['deleted'] ?? []]).toEqual([whole['new'], whole['deleted']]);
        },
      ),
    );
  });

  it('passes over the arrays that nobody asked for, without parsing them', () => {
    const text = '{"deleted":[{not json, at "all]" }],"new":[1]}';
    expect(read(text, { root: 'object', keys: new Set(['new']) })).toEqual({ new: [1] });
  });

  it('passes over an element longer than a megabyte as it comes, wherever it stands and however it is cut', () => {
    const long = JSON.stringify({ id: 1, scenario: `${'x'.repeat(1 << 20)}"],{` });
    for (const size of [4096, 65_536, 1 << 22]) {
      for (const elements of [[long], [1, long], [long, 2], [1, long, 2], [1, long, long, 2]]) {
        const text = `{"new":[${elements.join(',')}],"deleted":[3]}`;
        const found = split(pieces(text, size));
        const short = elements.filter((element) => typeof element === 'number');
        const given = found['new'] ?? [];
        expect(given.filter((element) => typeof element === 'number')).toEqual(short);
        expect(given).toHaveLength(elements.length);
        expect(found['deleted']).toEqual([3]);
      }
    }
  });

  it('keeps no more than a megabyte of an element that never ends', () => {
    const splitter = new ElementSplitter(STREAM, () => {});
    splitter.write(Buffer.from('{"new":["'));
    const piece = Buffer.alloc(600_000, 'x');
    for (let index = 0; index < 200; index++) splitter.write(piece);
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(50_000_000);
    expect(() => {
      splitter.end();
    }).toThrow('ends in the middle');
  });

  it('tells which keys were there', () => {
    const splitter = new ElementSplitter(STREAM, () => {});
    splitter.write(Buffer.from('{"deleted":null}'));
    splitter.end();
    expect(['new', 'deleted'].map((key) => splitter.has(key))).toEqual([false, true]);
  });
});
