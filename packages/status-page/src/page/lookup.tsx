import { useEffect, useRef, useState } from 'preact/hooks';
import type { PageFound, PageLookup } from '../api.ts';
import { span, visible } from '../wording.ts';
import { get } from './feed.ts';
import { moment, number, plural } from './format.ts';
import { State } from './mark.tsx';
import { WayOut } from './way-out.tsx';

interface LookupProps {
  readonly now: number;
  readonly seen: number;
  /** Given what was asked for and is no address: part of one, or of a scenario. */
  readonly onWords: (text: string) => void;
}

/** Is this address blocked, by which decision, until when, on which device. `seen` asks again when something changed. */
export function Lookup({ now, seen, onWords }: LookupProps) {
  const [asked, setAsked] = useState(new URLSearchParams(location.search).get('ip')?.trim() ?? '');
  const [found, setFound] = useState<PageLookup | 'failed' | undefined>();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (asked === '') return undefined;
    let isCurrent = true;
    get<PageLookup>(`lookup.json?ip=${encodeURIComponent(asked)}`).then(
      (answer) => {
        if (!isCurrent) return;
        setFound(answer);
        if (answer.network === undefined) onWords(asked);
      },
      () => {
        if (isCurrent) setFound('failed');
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [asked, seen]);

  function submit(event: Event): void {
    event.preventDefault();
    const text = field.current?.value.trim() ?? '';
    setAsked(text);
    if (text === '') setFound(undefined);
    history.replaceState(null, '', text === '' ? location.pathname : `?ip=${encodeURIComponent(text)}`);
  }

  return (
    <section class="lookup" aria-labelledby="lookup">
      <h2 id="lookup">Is this address blocked?</h2>
      <form onSubmit={submit} role="search">
        <input
          ref={field}
          name="ip"
          defaultValue={asked}
          aria-label="Address or network"
          placeholder="203.0.113.7 or 2001:db8::/32"
          maxLength={64}
          autoComplete="off"
          autoCapitalize="off"
          spellcheck={false}
        />
        <button type="submit">Look up</button>
      </form>
      <div class="found" role="status">
        {found === 'failed' && <p>The connector does not answer.</p>}
        {found !== undefined && found !== 'failed' && <Found found={found} now={now} />}
      </div>
    </section>
  );
}

function Found({ found, now }: { readonly found: PageLookup; readonly now: number }) {
  const { asked, network, decisions, inside, leftOut } = found;
  if (network === undefined) {
    return (
      <p>
        {visible(asked)} is not an address or network. <a href="#list">What contains it</a> is listed below.
      </p>
    );
  }
  const named = [...new Set(decisions.map((decision) => decision.network))];
  return (
    <>
      <Answer found={found} network={network} />
      {inside && (
        <p>
          {inside.decisions === 0
            ? 'No decision is on anything inside it.'
            : `${plural(inside.decisions, 'decision')} on ${plural(inside.networks, 'network')} inside it: ${number(inside.blocked)} of them blocked.`}
        </p>
      )}
      <ul>
        {decisions.map((decision) => (
          <li key={`${decision.network} ${decision.id}`}>
            <Decision decision={decision} isOther={decision.network !== network} now={now} />
          </li>
        ))}
      </ul>
      {(named.length > 0 || leftOut !== undefined) && (
        <WayOut
          networks={
            named.includes(network) || named.length === 0
              ? [network, ...named.filter((each) => each !== network)]
              : named
          }
        />
      )}
    </>
  );
}

function Answer({ found, network }: { readonly found: PageLookup; readonly network: string }) {
  const { blocked, neverBlocked, leftOut, decisions, devices } = found;
  const name = <b class="address">{network}</b>;
  if (blocked) {
    return (
      <p>
        <State mood="good">Blocked</State> {name}
      </p>
    );
  }
  if (neverBlocked !== undefined) {
    return (
      <p>
        {name} is never blocked: {visible(neverBlocked)}.
        {leftOut !== undefined && ' CrowdSec has a decision on it nevertheless.'}
      </p>
    );
  }
  if (decisions.length === 0) {
    return (
      <p>
        {name} is not blocked.{' '}
        {leftOut === undefined
          ? 'No live decision covers it.'
          : `CrowdSec decided on it, but it was left out: ${visible(leftOut)}.`}
      </p>
    );
  }
  const missing = devices.filter(({ holds }) => !holds);
  const isComing = missing.every(({ reason }) => reason === undefined);
  return (
    <p>
      <State mood={isComing ? 'wait' : 'bad'}>{isComing ? 'To be blocked' : 'Not blocked'}</State> {name}
      {missing.map((device) => (
        <span key={device.name}>
          <br />
          {visible(device.name)}: {device.reason === undefined ? 'not yet' : `left out, ${visible(device.reason)}`}
        </span>
      ))}
    </p>
  );
}

function Decision({
  decision,
  isOther,
  now,
}: {
  readonly decision: PageFound;
  readonly isOther: boolean;
  readonly now: number;
}) {
  const { network, id, origin, scenario, expiresAt, devices } = decision;
  const holders = devices.filter(({ holds }) => holds).map(({ name }) => visible(name));
  return (
    <>
      {isOther && (
        <>
          by its range <b class="address">{network}</b>,{' '}
        </>
      )}
      {visible(scenario)}{' '}
      <span class="soft">
        ({visible(origin)}, decision {id})
      </span>
      <br />
      until {moment(expiresAt)}, for another {span(expiresAt - now)}
      {holders.length > 0 && `, on ${holders.join(', ')}`}
    </>
  );
}
