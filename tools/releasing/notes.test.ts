import { expect, it } from 'vitest';
import { notesOf } from './notes.ts';

const changelog = `## 1.2.0-rc.1 (2026-12-02)

### Features

- one

## 1.1.0 (2026-12-01)

- two
# 1.0.0 (2026-11-01)

- three
All before.
`;

it.each([
  ['1.2.0-rc.1', '### Features\n\n- one'],
  ['1.1.0', '- two'],
  ['1.0.0', '- three\nAll before.'],
  ['1.2.0', undefined],
  ['1.0', undefined],
])('the notes of %s', (version, notes) => {
  expect(notesOf(changelog, version)).toBe(notes);
});
