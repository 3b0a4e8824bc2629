import { parseDuration } from '@bouncer/stream';
import { shown, shownUnlessSecret } from './setting-type.ts';
import type { SettingType } from './setting-type.ts';
import { isPrintable } from './printable.ts';

// Anything below a blank, and DEL: such a character in a password is always a slip of copying.
const control = /[\u0000-\u001f\u007f]/;

export interface TextLimits {
  /** The whole text must match. */
  readonly pattern?: RegExp;
  /** What the pattern means, for people. */
  readonly accepted?: string;
}

/** Text on one line. */
export function textType(limits: TextLimits = {}): SettingType<string> {
  return {
    accepted: limits.accepted ?? 'text on one line',
    schema: { type: 'string' },
    parse(text) {
      // It could break a line of a log, a file or a device, or hide in one.
      if (!isPrintable(text)) return { problem: 'holds a line break or another control character' };
      if (limits.pattern && !limits.pattern.test(text)) return { problem: `${shownUnlessSecret(text)} does not fit` };
      return { value: text };
    },
    print: (value) => value,
  };
}

/** Text that must never be shown. Its problems do not quote it. */
export const secretType: SettingType<string> = {
  accepted: 'text on one line, or a file that holds it',
  schema: { type: 'string' },
  parse(text) {
    if (control.test(text)) return { problem: 'holds a line break or another control character' };
    return { value: text };
  },
  print: () => '***',
};

/** LAPI's key. A quote at both ends is left over from a file or a shell that does not take it off, and never part of one. */
export const apiKeyType: SettingType<string> = {
  ...secretType,
  parse(text) {
    if (/^(["'`\u201c\u201d\u2018\u2019]).*["'`\u201c\u201d\u2018\u2019]$/.test(text)) {
      return { problem: 'is in quotes, which would be sent as part of the key: take them off' };
    }
    return secretType.parse(text);
  },
};

const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  1: true,
  yes: true,
  on: true,
  false: false,
  0: false,
  no: false,
  off: false,
};

/** true, false, 1, 0, yes, no, on, off; capitals do not matter. */
export const booleanType: SettingType<boolean> = {
  accepted: 'true, false, 1, 0, yes, no, on, off',
  schema: { type: 'boolean' },
  parse(text) {
    const word = text.toLowerCase();
    // `constructor` is a word that every object knows.
    const value = Object.hasOwn(booleans, word) ? booleans[word] : undefined;
    return value === undefined ? { problem: `${shown(text)} is neither true nor false` } : { value };
  },
  print: String,
};

export interface Range {
  readonly min?: number;
  readonly max?: number;
}

/** A whole number in decimal digits, both ends included. */
export function integerType({ min = 0, max = Number.MAX_SAFE_INTEGER }: Range = {}): SettingType<number> {
  const accepted =
    max === Number.MAX_SAFE_INTEGER ? `a whole number, ${min} or more` : `a whole number from ${min} to ${max}`;
  return {
    accepted,
    schema: { type: 'integer', minimum: min, ...(max === Number.MAX_SAFE_INTEGER ? {} : { maximum: max }) },
    parse(text) {
      if (!/^[+-]?\d{1,16}$/.test(text)) return { problem: `${shown(text)} is not a whole number` };
      const value = Number(text);
      return value < min || value > max ? { problem: `${text} is out of range` } : { value };
    },
    print: String,
  };
}

/** A share of a hundred; a percent sign is taken. */
export const percentType: SettingType<number> = {
  ...integerType({ min: 0, max: 100 }),
  accepted: 'a whole number from 0 to 100',
  parse: (text) => integerType({ min: 0, max: 100 }).parse(text.replace(/\s*%$/, '')),
};

/** A Go duration such as `1h30m`; a bare number is seconds. Value and limits are in seconds. */
export function durationType({ min = 0, max = Number.MAX_SAFE_INTEGER }: Range = {}): SettingType<number> {
  const upTo = max === Number.MAX_SAFE_INTEGER ? ' or more' : ` to ${printDuration(max)}`;
  return {
    accepted: `a duration such as 10s or 1h30m (a bare number is seconds), ${printDuration(min)}${upTo}`,
    schema: { type: ['string', 'number'] },
    parse(text) {
      const milliseconds = /^\d{1,12}(\.\d+)?$/.test(text) ? Number(text) * 1000 : parseDuration(text);
      if (milliseconds === undefined) return { problem: `${shown(text)} is not a duration` };
      const value = milliseconds / 1000;
      return value < min || value > max ? { problem: `${text} is out of range` } : { value };
    },
    print: printDuration,
  };
}

/** Seconds as a Go duration: 5400 is `1h30m`. */
function printDuration(seconds: number): string {
  if (seconds === 0) return '0s';
  if (seconds < 1) return `${Math.round(seconds * 1000)}ms`;
  const parts: [number, string][] = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [Math.round((seconds % 60) * 1000) / 1000, 's'],
  ];
  return parts.map(([amount, unit]) => (amount === 0 ? '' : `${amount}${unit}`)).join('');
}

/** One word of a few; capitals do not matter. `synonyms` are taken, too, and mean one of the words. */
export function choiceType<const T extends string>(
  words: readonly T[],
  synonyms: Readonly<Record<string, T>> = {},
): SettingType<T> {
  const also = Object.keys(synonyms);
  return {
    accepted: `${words.join(', ')}${also.length === 0 ? '' : ` (also ${also.join(', ')})`}`,
    schema: { enum: [...words, ...Object.keys(synonyms)] },
    parse(text) {
      const wanted = text.toLowerCase();
      const value =
        words.find((word) => word.toLowerCase() === wanted) ??
        (Object.hasOwn(synonyms, wanted) ? synonyms[wanted] : undefined);
      return value === undefined ? { problem: `${shown(text)} is not one of them` } : { value };
    },
    print: (value) => value,
  };
}
