import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kinds } from '../kinds.ts';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const folder = '.github/ISSUE_TEMPLATE';
const forms = readdirSync(path.join(root, folder)).filter((name) => name !== 'config.yml');

// As GitHub documents its issue forms.
interface Form {
  readonly name: string;
  readonly description: string;
  readonly body: readonly {
    readonly type: string;
    readonly id?: string;
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly validations?: { readonly required: boolean };
  }[];
}
const formOf = (name: string): Form => parse(read(`${folder}/${name}`), { strict: true, uniqueKeys: true }) as Form;

describe('who comes with an issue', () => {
  it.each(forms)('finds a form in %s that GitHub takes', (name) => {
    const { body, ...head } = formOf(name);
    expect(head).toMatchObject({ name: expect.any(String) as string, description: expect.any(String) as string });
    for (const { type, attributes } of body) {
      expect(['markdown', 'input', 'textarea', 'dropdown', 'checkboxes']).toContain(type);
      expect(attributes).toHaveProperty(type === 'markdown' ? 'value' : 'label');
    }
    const ids = body.flatMap(({ id }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('is asked for check --json, and can name every connector', () => {
    const { body } = formOf('bug.yml');
    const field = (id: string) => body.find((each) => each.id === id);
    expect(field('check')).toMatchObject({ attributes: { label: 'check --json' }, validations: { required: true } });
    expect(field('connector')?.attributes['options']).toEqual(['crowdsec-bouncer', ...Object.keys(kinds)]);
    expect(read('.github/pull_request_template.md')).toContain('`check --json`');
  });

  it('reads where to report what should not be public', () => {
    expect(read('SECURITY.md')).toMatch(/report a vulnerability privately/);
    expect(JSON.stringify(formOf('bug.yml'))).toContain('SECURITY.md');
  });
});

describe('who comes with code', () => {
  it('finds an editor and a container that are set up for this repository', () => {
    expect(read('.editorconfig')).toMatch(/^root = true$/m);
    const { image } = JSON.parse(read('.devcontainer/devcontainer.json')) as { image: string };
    const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
    expect(image).toContain(`:${devDependencies['node']?.split('.')[0] ?? ''}-`);
  });

  it('is reviewed by those whom CODEOWNERS names, once somebody has put them there', () => {
    const lines = read('.github/CODEOWNERS')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of lines) expect(line).toMatch(/^\S+( @[\w-]+(\/[\w-]+)?)+$/);
    expect(read('docs/releasing.md')).toContain('`.github/CODEOWNERS`');
  });
});
