/** The program that a bill of materials is of. */
export interface Program {
  readonly name: string;
  readonly version: string;
}

interface Component {
  readonly name: string;
  readonly version: string;
  /** As its package.json says: an SPDX expression, mostly. */
  readonly licence: string;
}

/** What a bundle is made of, in CycloneDX 1.6, from the text of licences that the build has put beside it. */
export function billOfMaterials(licences: string, { name, version }: Program): string {
  const bill = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'application', name, version, licenses: [{ license: { id: 'MIT' } }] } },
    components: componentsOf(licences).map((each) => ({
      type: 'library',
      name: each.name,
      version: each.version,
      purl: `pkg:npm/${each.name.replace('@', '%40')}@${each.version}`,
      ...(each.licence === '' ? {} : { licenses: [licenceOf(each.licence)] }),
    })),
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

/** Each part of the text begins with `name version (licence)`, but for the project's own. */
function componentsOf(licences: string): readonly Component[] {
  const heads = licences.split(`\n${'-'.repeat(80)}\n`).map((part) => part.split('\n')[0] ?? '');
  return heads.flatMap((head) => {
    const [, name, version, licence = ''] = /^(\S+) (\d\S*) \((.*)\)$/.exec(head) ?? [];
    return name === undefined || version === undefined ? [] : [{ name, version, licence }];
  });
}

/** `(MIT OR Apache-2.0)` is an expression, `MIT` an id. */
function licenceOf(text: string): object {
  return /^[\w.+-]+$/.test(text) ? { license: { id: text } } : { expression: text.replace(/^\((.*)\)$/, '$1') };
}
