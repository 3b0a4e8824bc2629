import { accessSync, constants, readFileSync, statSync } from 'node:fs';
import { textType } from './plain-types.ts';
import type { SettingType } from './setting-type.ts';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder (Docker makes one where the file to mount is not there)',
  ENOTDIR: 'a part of the path is not a folder',
  ELOOP: 'too many symbolic links',
};

/** Why a file cannot be read, in plain words. */
export function fileProblem(path: string, error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'EACCES' || code === 'EPERM') {
    const user = process.getuid?.();
    const fix =
      user === undefined ? '' : ` for user id ${user}: make that user its owner (\`chown ${user}\` on the host)`;
    return `cannot read ${path}: permission denied${fix}`;
  }
  const reason = typeof code === 'string' ? (reasons[code] ?? code) : 'it cannot be read';
  return `cannot read ${path}: ${reason}`;
}

/** A path of any kind; nothing is looked at. */
export const pathType: SettingType<string> = { ...textType(), accepted: 'a path' };

/** What a file must hold; looked at when settings are loaded, so that a wrong file is told before anything is contacted. */
export type FileContent = 'any' | 'certificate' | 'private key';

const marks: Readonly<Record<FileContent, RegExp>> = {
  any: /^/,
  certificate: /-----BEGIN (TRUSTED )?CERTIFICATE-----/,
  'private key': /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
};

/** The path of a file that is there, can be read, and holds what it should. Value: the path. */
export function fileType(content: FileContent): SettingType<string> {
  const accepted = content === 'any' ? 'the path of a readable file' : `the path of a PEM file with a ${content}`;
  return {
    accepted,
    schema: { type: 'string' },
    parse(text) {
      const path = pathType.parse(text);
      if ('problem' in path) return path;
      try {
        if (statSync(text).isDirectory()) return { problem: fileProblem(text, { code: 'EISDIR' }) };
        accessSync(text, constants.R_OK);
        if (content !== 'any' && !marks[content].test(readFileSync(text, 'utf8'))) {
          return { problem: `${text} holds no ${content} in PEM form` };
        }
      } catch (error) {
        return { problem: fileProblem(text, error) };
      }
      return { value: text };
    },
    print: (value) => value,
  };
}
