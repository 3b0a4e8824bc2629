/** A unit of systemd: the settings of each section, in order. */
export type Unit = ReadonlyMap<string, readonly (readonly [name: string, value: string])[]>;

/**
 * Reads a unit of systemd as strictly as it can be read: no line that goes on, no specifier, no variable, no quote.
 * Source: systemd.syntax(7), systemd.unit(5) on specifiers.
 * @throws Error for everything that is not plain.
 */
export function readUnit(text: string): Unit {
  const unit = new Map<string, (readonly [string, string])[]>();
  let section: (readonly [string, string])[] | undefined;
  for (const line of text.split('\n')) {
    if (line === '' || /^[#;]/.test(line)) {
      if (line.endsWith('\\')) throw new Error('a comment that goes on');
      continue;
    }
    const [, name] = /^\[([A-Z][a-z]+)\]$/.exec(line) ?? [];
    if (name !== undefined) {
      if (unit.has(name)) throw new Error(`section ${name} is there twice`);
      unit.set(name, (section = []));
      continue;
    }
    const [, key, value] = /^([A-Z][A-Za-z]+)=([!-~](?:[ -~]*[!-~])?)$/.exec(line) ?? [];
    if (!section || key === undefined || value === undefined) throw new Error(`no line of a unit: ${line}`);
    if (/[\\%$"']/.test(value)) throw new Error(`not plain: ${line}`);
    section.push([key, value]);
  }
  return unit;
}
