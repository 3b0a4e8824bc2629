import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { metricRows } from '@bouncer/cli';
import { ConnectorProcess, findPromtool, startLapi, startRouterOs, until } from '@bouncer/sandbox';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}
interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

const folder = path.resolve(import.meta.dirname, '../grafana');
const read = (name: string): Promise<string> => readFile(path.join(folder, name), 'utf8');
const promtool = await findPromtool();
const dashboard = JSON.parse(await read('dashboard.json')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
};
const rules = parse(await read('alerts.yaml')) as Rules;
const alerts = rules.groups.flatMap((group) => group.rules);
const official = (
  parse(await read('official-names.yaml')) as {
    readonly groups: readonly { readonly rules: readonly { readonly record: string; readonly expr: string }[] }[];
  }
).groups.flatMap((group) => group.rules);
/** Labels that Prometheus adds to every series of a scrape, and one that a rule makes of ours. */
const added = ['instance', 'job', 'ip_type'];

let scrape = '';
beforeAll(async () => {
  await using lapi = await startLapi({ decisions: [{ value: '203.0.113.1', origin: 'CAPI' }, { value: '10.0.0.1' }] });
  await using router = await startRouterOs({ serviceTimeMs: 0 });
  const rule = {
    family: 4,
    table: 'raw',
    chain: 'prerouting',
    action: 'drop',
    'src-address-list': 'crowdsec',
  } as const;
  router.countDrops({ ...rule, id: router.setRule(rule) }, 12, 720);
  const env = {
    CROWDSEC_API_URL: lapi.url,
    CROWDSEC_BOUNCER_API_KEY: lapi.key,
    MIKROTIK_HOST: `${router.host}:${router.port}`,
    MIKROTIK_USER: 'crowdsec',
    MIKROTIK_PASSWORD: 'secret',
    MIKROTIK_TLS: 'false',
    MAX_ENTRIES: '100',
    HTTP_LISTEN: '127.0.0.1:0',
  };
  await using connector = new ConnectorProcess({ app: 'mikrotik', env });
  let url = '';
  await until('the connector ready', async () => {
    url = /"url":"(http:[^"]+)"/.exec(connector.stdout)?.[1] ?? '';
    return url !== '' && (await fetch(`${url}readyz`)).ok;
  });
  scrape = await (await fetch(`${url}metrics`)).text();
});

/** Names of all metrics in an expression, with the labels that it selects or groups by. */
function asked(expr: string): { readonly names: string[]; readonly labels: string[] } {
  const names = [...expr.matchAll(/\bcrowdsec_bouncer_\w+/g)].map(([name]) => name);
  const selected = [...expr.matchAll(/(\w+)\s*(?:=~|=|!=|!~)\s*"/g)].map(([, label = '']) => label);
  const grouped = [...expr.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, labels = '']) =>
    labels.split(/\s*,\s*/),
  );
  return { names, labels: [...selected, ...grouped] };
}

const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const expressions = [
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ place: `panel ${title}`, expr }))),
  ...alerts.map(({ alert, expr }) => ({ place: `alert ${alert}`, expr })),
  ...official.map(({ record, expr }) => ({ place: `record ${record}`, expr })),
];

describe('the dashboard and the alerts', () => {
  it.each(expressions)('$place asks only for what a connector tells: $expr', ({ expr }) => {
    const { names, labels } = asked(expr);
    if (names.length === 0) expect(expr).toMatch(/^up\{job="bouncers"\}/);
    const told = new Map(
      [...scrape.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]),
    );
    for (const name of names) {
      const base = name.replace(/_(bucket|sum|count)$/, '');
      expect([...told.keys()]).toContain(told.get(base) === 'histogram' ? base : name);
    }
    const known = metricRows.filter((row) => names.some((name) => name.startsWith(row.name)));
    const possible = [...added, 'le', ...known.flatMap((row) => [...row.labels])];
    expect(possible).toEqual(expect.arrayContaining(labels));
  });

  it('the dashboard shows every metric of the table', () => {
    const all = expressions.filter(({ place }) => place.startsWith('panel')).map(({ expr }) => expr);
    const text = all.join('\n');
    for (const { name } of metricRows.filter((row) => !row.name.includes('<'))) {
      expect(text).toMatch(new RegExp(`\\b${name}(_bucket)?\\b`));
    }
  });

  it('has no panel twice and none over another', () => {
    const taken = new Set<string>();
    for (const { gridPos } of dashboard.panels as readonly (Panel & {
      gridPos: Record<'x' | 'y' | 'w' | 'h', number>;
    })[]) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken).not.toContain(`${x} ${y}`);
          taken.add(`${x} ${y}`);
        }
      }
    }
  });
});

describe.skipIf(!promtool.ok)(`promtool (${promtool.ok ? 'ready' : promtool.reason})`, () => {
  const run = async (args: readonly string[], input?: string) =>
    promtool.ok ? promtool.run(args, input) : { code: -1, output: promtool.reason };

  it('finds nothing wrong with a scrape', async () => {
    expect(scrape).toMatch(/dropped_packets_total\{[^}]*\} 12/);
    expect(await run(['check', 'metrics'], scrape)).toEqual({ code: 0, output: '' });
  });

  it('takes the rules', async () => {
    for (const name of ['alerts.yaml', 'official-names.yaml'])
      expect(await run(['check', 'rules', path.join(folder, name)])).toMatchObject({ code: 0 });
  });

  it('sees each alert fire when it should, and not before', async () => {
    const tests = await read('alerts-test.yaml');
    for (const { alert } of alerts) expect(tests).toContain(`alertname: ${alert}\n`);
    const { code, output } = await run(['test', 'rules', path.join(folder, 'alerts-test.yaml')]);
    expect(output).toContain('SUCCESS');
    expect(code).toBe(0);
  });
});
