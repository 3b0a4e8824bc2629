import type { IncomingHttpHeaders } from 'node:http';

export type ReceiverKind = 'ntfy' | 'gotify' | 'json' | 'apprise';

/** Why a message was not taken. */
export interface Refusal {
  readonly status: number;
  readonly error: string;
}

interface Rule {
  /** What the sender gave to be let in. */
  readonly tokenOf: (headers: IncomingHttpHeaders, url: URL) => string | undefined;
  readonly refusal: Refusal;
  /** The field that people see below the title. */
  readonly text: string;
  readonly problem: (path: string, body: Readonly<Record<string, unknown>>) => Refusal | undefined;
}

const bearer = ({ authorization }: IncomingHttpHeaders): string | undefined => authorization?.replace(/^Bearer /, '');
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isWhole = (value: unknown, min: number, max: number): boolean =>
  Number.isInteger(value) && Number(value) >= min && Number(value) <= max;

/** What each of them takes, by its documentation. */
export const rules: Readonly<Record<ReceiverKind, Rule>> = {
  // https://docs.ntfy.sh/publish/#publish-as-json. JSON that is sent to a topic's own address is shown as it stands.
  ntfy: {
    tokenOf: bearer,
    refusal: { status: 403, error: 'forbidden' },
    text: 'message',
    problem: (path, { topic, title, message, priority = 3, tags = [], ...more }) => {
      if (path !== '/') return { status: 404, error: 'page not found' };
      if (!/^[-_A-Za-z0-9]{1,64}$/.test(String(topic))) return { status: 400, error: 'invalid request: topic invalid' };
      const isFine = isText(title) && isText(message) && isWhole(priority, 1, 5) && Array.isArray(tags);
      if (!isFine || Object.keys(more).length > 0) return { status: 400, error: 'invalid request: body must be JSON' };
      return Buffer.byteLength(String(message)) > 4096
        ? { status: 413, error: 'turned into an attachment' }
        : undefined;
    },
  },
  // https://gotify.net/api-docs, POST /message.
  gotify: {
    tokenOf: (headers, url) =>
      (headers['x-gotify-key'] as string | undefined) ?? url.searchParams.get('token') ?? bearer(headers),
    refusal: { status: 401, error: 'you need to provide a valid access token' },
    text: 'message',
    problem: (path, { message, priority = 0 }) => {
      if (path !== '/message') return { status: 404, error: 'page not found' };
      if (!isText(message)) return { status: 400, error: "Field 'message' is required" };
      return isWhole(priority, 0, 10) ? undefined : { status: 400, error: 'priority is no number' };
    },
  },
  // Somebody's own: takes anything that says what it is about.
  json: {
    tokenOf: bearer,
    refusal: { status: 401, error: 'unauthorized' },
    text: 'message',
    problem: (path, { event, verdict, title, message }) =>
      path !== '/hook' || ![event, verdict, title, message].every(isText)
        ? { status: 422, error: 'something is missing' }
        : undefined,
  },
  // https://github.com/caronc/apprise-api#api-details. 204: nothing is configured under that key, so nobody was told.
  apprise: {
    tokenOf: bearer,
    refusal: { status: 401, error: 'unauthorized' },
    text: 'body',
    problem: (path, { body, type = 'info', format = 'text', urls }) => {
      const isStateless = /^\/notify\/?$/.test(path);
      if (!isStateless && !path.startsWith('/notify/')) return { status: 404, error: 'not found' };
      if (!isText(body)) return { status: 400, error: 'Bad FORM Payload provided' };
      const isFine = ['info', 'success', 'warning', 'failure'].includes(String(type));
      if (!isFine || !['text', 'markdown', 'html'].includes(String(format))) {
        return { status: 400, error: 'An invalid type or format' };
      }
      const isKnown = isStateless ? isText(urls) : path.replace(/\/$/, '') === '/notify/house';
      return isKnown ? undefined : { status: 204, error: 'no configuration' };
    },
  },
};
