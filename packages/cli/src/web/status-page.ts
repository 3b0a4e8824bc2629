import type {
  PageChange as Change,
  PageError,
  PageLookup,
  PageStatus as Report,
  PageTarget,
} from '@bouncer/status-page';
import { span } from '@bouncer/status-page';
import { Html, html } from './html.ts';
import { lookupPart } from './lookup-part.ts';
import { pageIcon, pageScript, pageStyle } from './page-style.ts';

const style = new Html(pageStyle);
const script = new Html(pageScript);

const verdicts = {
  protecting: { word: 'Protecting', mood: 'good' },
  partly: { word: 'Partly protecting', mood: 'wait' },
  'not-protecting': { word: 'Not protecting', mood: 'bad' },
  starting: { word: 'Starting', mood: 'wait' },
  'dry-run': { word: 'Dry run', mood: 'wait' },
} as const satisfies Record<Report['verdict'], object>;

/**
 * The page for people without scripts, and the only one in a checkout where the other has not been built. `nonce` is what the
 * security policy lets style and script run by.
 */
export function statusPage(report: Report, changes: readonly Change[], nonce: string, lookup?: PageLookup): string {
  const { title, version, now, reasons } = report;
  const { word, mood } = verdicts[report.verdict];
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${word}: ${title}</title>
        <link rel="icon" href="${pageIcon}" />
        <style nonce="${nonce}">
          ${style}
        </style>
      </head>
      <body>
        <main class="${mood === 'good' ? '' : 'gone'}">
          <div id="head" data-live>
            <header>
              <h1 class="${mood}">${word}</h1>
              <span class="soft">${title}: ${report.type} ${version}, up ${span(now - report.startedAt)}</span>
            </header>
            ${
              reasons.length > 0 &&
              html`<ul class="${mood === 'good' ? 'soft' : mood}">
                ${reasons.map((reason) => html`<li>${reason}</li>`)}
              </ul>`
            }
          </div>
          <p id="stale" class="bad" hidden>The connector does not answer: below is what was last known.</p>
          <section class="wide">
            <h2>Look up an address</h2>
            <form method="get">
              <input
                name="ip"
                value="${lookup?.asked}"
                placeholder="203.0.113.7 or 2001:db8::/32"
                aria-label="Address or network"
                maxlength="64"
              />
              <button>Look up</button>
            </form>
            <div id="found" data-live>${lookup && lookupPart(lookup, now)}</div>
          </section>
          <div id="parts" data-live>
            <div class="grid">
              ${lapiPart(report)} ${report.targets.map((target) => targetPart(target, now))} ${countsPart(report)}
            </div>
            ${changesPart(changes, now)}
          </div>
        </main>
        <script nonce="${nonce}">
          ${script};
        </script>
      </body>
    </html> `.text;
}

function lapiPart({ stream, now }: Report): Html {
  if (stream.state === 'unasked') {
    return html`<section>
      <h2>CrowdSec LAPI</h2>
      <p>Not asked in this mode: the device asks LAPI by itself.</p>
    </section>`;
  }
  const mood = stream.state === 'ok' ? 'good' : stream.state === 'starting' ? 'wait' : 'bad';
  const failures = Object.values(stream.failures).reduce((sum, count) => sum + count, 0);
  return html`<section>
    <h2>CrowdSec LAPI</h2>
    <dl>
      ${row('state', html`<span class="${mood}">${stream.state}</span>`)}
      ${row('last pull', ago(stream.lastPullAt, now))} ${row('last full pull', ago(stream.lastFullAt, now))}
      ${stream.nextPullAt !== undefined && row('next pull', stream.nextPullAt > now ? `in ${span(stream.nextPullAt - now)}` : 'now')}
      ${row('pulls', number(stream.pulls))} ${row('failures', number(failures))}
      ${stream.lapiVersion !== undefined && row('version by its answers', stream.lapiVersion)}
      ${row('live decisions', number(stream.decisions))} ${counted(stream.skipped, 'passed over')}
    </dl>
    ${stream.lastError && errorPart(stream.lastError, now)}
  </section>`;
}

function targetPart(target: PageTarget, now: number): Html {
  const { state, lastChange, guard, concerns } = target;
  const mood = moodOf(target);
  return html`<section>
    <h2>${target.name}</h2>
    <dl>
      ${row('state', html`<span class="${mood}">${states[state] ?? state}</span>`)}
      ${row('holds', `${number(target.held)} of ${number(target.desired)}`)}
      ${row('last seen', ago(target.lastSeenAt, now))}
      ${lastChange && row('last change', `+${lastChange.created} ~${lastChange.updated} -${lastChange.deleted}, ${ago(lastChange.at, now)}`)}
      ${row('written since start', `+${number(target.writes.created)} ~${number(target.writes.updated)} -${number(target.writes.deleted)}`)}
      ${target.refused > 0 && row('refused', html`<span class="bad">${number(target.refused)}</span>`)}
      ${counted(target.skipped, 'left out')}
      ${target.roundTripSeconds !== undefined && row('answers in', `${(target.roundTripSeconds * 1000).toFixed(0)} ms`)}
      ${target.failures > 0 && row('failures', number(target.failures))}
      ${Object.entries(target.facts).map(([name, value]) => row(name.replaceAll('_', ' '), typeof value === 'number' ? number(value) : String(value)))}
    </dl>
    ${guard && html`<p class="wait">${number(guard.removals)} removals of ${number(guard.held)} entries are held until LAPI has agreed for some time, by both of its roads.</p>`}
    ${concerns.map(
      ({ level, seen, fix }) =>
        html`<p class="${level === 'fail' ? 'bad' : level === 'warn' ? 'wait' : ''}">${seen}</p>
          <p>${fix}</p>`,
    )}
    ${target.lastError && errorPart(target.lastError, now)}
  </section>`;
}

const states: Readonly<Partial<Record<PageTarget['state'], string>>> = {
  refused: 'refuses the login, or lacks what is needed',
  'dry-run': 'dry run: nothing is written',
};

function moodOf({ state, concerns }: PageTarget): string {
  if (state === 'away' || state === 'refused' || state === 'stopped') return 'bad';
  if (concerns.some(({ level }) => level === 'fail')) return 'bad';
  return state === 'in-step' && concerns.length === 0 ? 'good' : 'wait';
}

function countsPart({ counts, blocked, wanted }: Report): Html {
  const origins = [...new Set(counts.map(({ origin }) => origin))];
  const count = (origin: string, family: 4 | 6): string =>
    number(counts.find((each) => each.origin === origin && each.family === family)?.count ?? 0);
  return html`<section>
    <h2>${number(blocked)} of ${number(wanted)} networks are blocked</h2>
    <table>
      <thead>
        <tr>
          <th>origin</th>
          <th class="number">IPv4</th>
          <th class="number">IPv6</th>
        </tr>
      </thead>
      <tbody>
        ${origins.map(
          (origin) =>
            html`<tr>
              <td>${origin}</td>
              <td class="number">${count(origin, 4)}</td>
              <td class="number">${count(origin, 6)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function changesPart(changes: readonly Change[], now: number): Html | undefined {
  if (changes.length === 0) return undefined;
  return html`<section class="wide scroll">
    <h2>Last changes</h2>
    <table class="changes">
      <thead>
        <tr>
          <th>when</th>
          <th>what</th>
          <th>network</th>
          <th>why</th>
          <th>device</th>
        </tr>
      </thead>
      <tbody>
        ${changes.map(
          ({ at, action, network, origin, scenario, target }) =>
            html`<tr>
              <td>${ago(at, now)}</td>
              <td>${action}</td>
              <td>${network}</td>
              <td class="soft">${origin} ${scenario}</td>
              <td>${target}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function errorPart({ message, hint, at }: PageError, now: number): Html {
  return html`<p class="bad">${message} <span class="soft">(${ago(at, now)})</span></p>
    ${hint !== '' && html`<p>${hint}</p>`}`;
}

function counted(counts: Readonly<Record<string, number>>, what: string): Html[] {
  return Object.entries(counts).map(([reason, count]) => row(`${what}: ${reason.replaceAll('-', ' ')}`, number(count)));
}

function row(name: string, value: string | Html): Html {
  return html`<dt>${name}</dt>
    <dd>${value}</dd>`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function ago(at: number | undefined, now: number): string {
  return at === undefined ? 'never' : `${span(now - at)} ago`;
}
