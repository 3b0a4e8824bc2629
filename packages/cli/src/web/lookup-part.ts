import { span } from '@bouncer/status-page';
import type { PageLookup } from '@bouncer/status-page';
import { html } from './html.ts';
import type { Html } from './html.ts';

/** What a look-up found, on the page without scripts. `now` in wall-clock milliseconds. */
export function lookupPart(lookup: PageLookup, now: number): Html {
  const { asked, network, decisions, inside } = lookup;
  if (network === undefined) return html`<p class="bad">${asked} is not an address or network.</p>`;
  return html`${answer(lookup, network)}
  ${
    inside &&
    html`<p>
      ${inside.decisions} decisions on ${inside.networks} networks inside it: ${inside.blocked} of them blocked.
    </p>`
  }
  ${
    decisions.length > 0 &&
    html`<ul>
      ${decisions.map(
        ({ network: by, id, origin, scenario, expiresAt }) =>
          html`<li>
            ${by} by ${origin} (${scenario}), decision ${id}, until ${moment(expiresAt)}, for another
            ${span(expiresAt - now)}
          </li>`,
      )}
    </ul>`
  }`;
}

function answer({ blocked, devices, neverBlocked, leftOut, decisions }: PageLookup, network: string): Html {
  if (blocked) {
    const holders = devices.filter(({ holds }) => holds).map(({ name }) => name);
    return html`<p><strong>${network} is blocked</strong> on ${holders.join(', ')}.</p>`;
  }
  if (neverBlocked !== undefined) {
    const decided = leftOut === undefined ? '' : ' CrowdSec decided on it all the same.';
    return html`<p>${network} is never blocked: ${neverBlocked}.${decided}</p>`;
  }
  if (decisions.length === 0) {
    if (leftOut === undefined) return html`<p>${network} is not blocked: no live decision covers it.</p>`;
    return html`<p>${network} is not blocked: CrowdSec decided on it, but it was left out (${leftOut}).</p>`;
  }
  return html`<p><strong class="bad">${network} is not blocked</strong> everywhere.</p>
    <ul>
      ${devices.map(({ name, holds, reason }) => html`<li>${name}: ${holds ? 'blocked' : missing(reason)}</li>`)}
    </ul>`;
}

function missing(reason: string | undefined): string {
  return reason === undefined ? 'not yet' : `left out, ${reason}`;
}

function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
