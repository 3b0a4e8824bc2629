import type {
  PageChange as Change,
  PageError,
  PageLookup,
  PageStatus as Report,
  PageTarget,
} from '@bouncer/status-page';
import { span } from '@bouncer/status-page';
import { Html, html } from './html.ts';
import { pageIcon, pageScript, pageStyle } from './page-style.ts';

const style = new Html(pageStyle);
const script = new Html(pageScript);

/**
 * The page for people without scripts, and the only one in a checkout where the other has not been built. `nonce` is what the
 * security policy lets style and script run by.
 */
export function statusPage(report: Report, changes: readonly Change[], nonce: string, lookup?: PageLookup): string {
  const { title, version, now, reasons } = report;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} bouncer: ${report.ready ? 'protecting' : 'not ready'}</title>
        <link rel="icon" href="${pageIcon}" />
        <style nonce="${nonce}">
          ${style}
        </style>
      </head>
      <body>
        <main>
          <div id="head" data-live>
            <header>
              <h1>${title}</h1>
              <strong class="${report.ready ? 'good' : 'bad'}">${report.ready ? 'protecting' : 'not ready'}</strong>
              <span class="soft">${report.type} ${version}, up ${span(now - report.startedAt)}</span>
            </header>
            ${
              reasons.length > 0 &&
              html`<ul class="bad">
                ${reasons.map((reason) => html`<li>${reason}</li>`)}
              </ul>`
            }
          </div>
          <p id="stale" class="bad" hidden>The connector does not answer; this page shows what was last known.</p>
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
            <div id="found" data-live>${lookup && lookupPart(lookup, report)}</div>
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
  const { state, lastChange, guard } = target;
  const mood = state === 'in-step' ? 'good' : state === 'away' || state === 'stopped' ? 'bad' : 'wait';
  return html`<section>
    <h2>${target.name}</h2>
    <dl>
      ${row('state', html`<span class="${mood}">${state}</span>`)}
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
    ${target.lastError && errorPart(target.lastError, now)}
  </section>`;
}

function countsPart({ counts, blocked }: Report): Html {
  const origins = [...new Set(counts.map(({ origin }) => origin))];
  const count = (origin: string, family: 4 | 6): string =>
    number(counts.find((each) => each.origin === origin && each.family === family)?.count ?? 0);
  return html`<section>
    <h2>${number(blocked)} networks to block</h2>
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

function lookupPart({ asked, network, decisions }: PageLookup, { now }: Report): Html {
  if (network === undefined) return html`<p class="bad">${asked} is not an address or network.</p>`;
  if (decisions.length === 0) return html`<p class="good">${network} is not blocked: no live decision covers it.</p>`;
  return html`<p><strong class="bad">${network} is blocked</strong> on ${devices(decisions)}.</p>
    <ul>
      ${decisions.map(
        ({ network: by, id, origin, scenario, expiresAt }) =>
          html`<li>
            ${by} by ${origin} (${scenario}), decision ${id}, until ${moment(expiresAt)}, for another
            ${span(expiresAt - now)}
          </li>`,
      )}
    </ul>`;
}

/** A device blocks an address by any entry that covers it. */
function devices(decisions: PageLookup['decisions']): string {
  const all = new Map<string, boolean>();
  for (const { name, holds } of decisions.flatMap((decision) => decision.devices)) {
    all.set(name, holds || all.get(name) === true);
  }
  return [...all].map(([name, holds]) => (holds ? name : `${name} (not yet)`)).join(', ');
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

function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
