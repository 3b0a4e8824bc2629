import { originGroups } from '@bouncer/stream/origin-group';
import { useEffect, useState } from 'preact/hooks';
import type { PageList, PageListed } from '../api.ts';
import { visible } from '../wording.ts';
import { groupNames } from './blocked.tsx';
import { get } from './feed.ts';
import { moment, number, plural } from './format.ts';
import { State } from './mark.tsx';

/** Typing is over after so long, in milliseconds. */
const typingMs = 250;
/** With a stream of news it is asked for again at most so often, in milliseconds. */
const freshMs = 10_000;

interface ListProps {
  /** What to look for at first, and again when it changes. */
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly now: number;
}

/** Who is blocked, those that were detected here first; searched by a part of address, range or scenario, and exported. */
export function List({ text, setText, now }: ListProps) {
  const [origin, setOrigin] = useState(text === '' ? 'local' : '');
  const [list, setList] = useState<PageList | undefined>();
  const query = `q=${encodeURIComponent(text)}${origin === '' ? '' : `&origin=${origin}`}`;
  const round = Math.floor(now / freshMs);
  useEffect(() => {
    let isCurrent = true;
    const timer = window.setTimeout(() => {
      get<PageList>(`decisions.json?${query}`).then(
        (answer) => {
          if (isCurrent) setList(answer);
        },
        () => undefined,
      );
    }, typingMs);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [query, round]);
  return (
    <section class="card list" id="list" aria-labelledby="list-name">
      <div class="card-head">
        <h2 id="list-name">Who is blocked</h2>
        <form class="filter" onSubmit={stay}>
          <input
            value={text}
            onInput={({ currentTarget }) => {
              setText(currentTarget.value);
            }}
            aria-label="Part of an address, range or scenario"
            placeholder="203.0.113 or ssh"
            maxLength={64}
            autoComplete="off"
            spellcheck={false}
          />
          <select
            aria-label="Origin"
            value={origin}
            onChange={({ currentTarget }) => {
              setOrigin(currentTarget.value);
            }}
          >
            {originGroups.map((group) => (
              <option key={group} value={group}>
                {groupNames[group]}
              </option>
            ))}
            <option value="">All origins</option>
          </select>
          <a href={`decisions.csv?${query}`} download>
            Export as CSV
          </a>
        </form>
      </div>
      <div role="status">{list && <Found list={list} origin={origin} text={text} />}</div>
      {list && list.rows.length > 0 && <Rows rows={list.rows} />}
    </section>
  );
}

function stay(event: Event): void {
  event.preventDefault();
}

function Found({ list, origin, text }: { readonly list: PageList; readonly origin: string; readonly text: string }) {
  const { total, rows } = list;
  if (total === 0) {
    const nobody = origin === 'local' ? 'Nobody that was detected here is blocked now' : 'Nobody is';
    return <p class="soft">{text === '' ? `${nobody}.` : `${nobody} that fits.`}</p>;
  }
  const shown = rows.length < total ? `, the first ${number(rows.length)} of them below` : '';
  return <p class="soft">{`${plural(total, 'network')}${shown}`}</p>;
}

function Rows({ rows }: { readonly rows: readonly PageListed[] }) {
  return (
    <div class="scroll many" tabIndex={0} role="group" aria-label="Table of blocked networks">
      <table class="changes">
        <thead>
          <tr>
            <th scope="col">Network</th>
            <th scope="col">Why</th>
            <th scope="col">Until</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ network, origin, scenario, type, expiresAt, blocked }) => (
            <tr key={network}>
              <td class="address">{network}</td>
              <td class="why">
                {visible(scenario)} <span class="soft">{visible(origin)}</span>
                {type !== 'ban' && <span class="soft"> ({visible(type)})</span>}
              </td>
              <td class="time">{moment(expiresAt)}</td>
              <td>
                <State mood={blocked ? 'plain' : 'wait'}>{blocked ? 'Blocked' : 'Not on every device'}</State>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
