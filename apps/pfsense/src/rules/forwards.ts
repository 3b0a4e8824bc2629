/** Port forwards (`rdr pass`) that let a packet in on these interfaces without asking any filter rule, from `pfctl -sn`. */
export function forwardsBefore(nat: string, interfaces: readonly string[], alias: string): string[] {
  return nat.split('\n').filter((line) => {
    const rule = /^rdr pass (?:log )?(?:\(.*?\) )?(?:on (! )?(\S+) )?.*? from (! )?(\S+)/.exec(`${line.trim()} `);
    if (!rule) return /^rdr pass /.test(line.trim()) && !/ from /.test(line);
    const [, notOn, on, not, source = ''] = rule;
    if (on !== undefined && interfaces.includes(on) === (notOn !== undefined)) return false;
    return !(not !== undefined && new RegExp(`^<${alias}(:[\\d*]+)?>$`).test(source));
  });
}
