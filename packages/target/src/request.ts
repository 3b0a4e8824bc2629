// Loaded every minute by the image's HEALTHCHECK: nothing but Node's own, and TLS only where it is used.

/** One small HTTP exchange. */
export interface RequestOptions {
  /** Sent by POST as a form; without it and `json` the method is GET. */
  readonly form?: string;
  /** Sent by POST as JSON. */
  readonly json?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** A unix socket that is asked instead of the host. */
  readonly socketPath?: string | undefined;
  /** Certificates to trust instead of Node's own, in PEM. */
  readonly ca?: () => string[];
  /** For all of it, however slowly it drips. */
  readonly timeoutMs: number;
  /** Characters; a longer answer is an error. */
  readonly maxLength: number;
  readonly signal?: AbortSignal;
}

/** What was answered, whatever the status. */
export interface Answered {
  readonly status: number;
  readonly body: string;
}

/** Asks once, over a connection of its own. Redirects are not followed. Rejects when no whole answer comes in time. */
export async function request(url: string, options: RequestOptions): Promise<Answered> {
  const { form, json, timeoutMs, maxLength, ca, socketPath, signal } = options;
  const body = form ?? json;
  const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
  const headers = { ...options.headers, ...(body !== undefined && bodyHeaders(body, type)) };
  const common = { method: body === undefined ? 'GET' : 'POST', agent: false, headers, socketPath, signal } as const;
  const isSecure = url.startsWith('https:');
  const { request: open } = isSecure ? await import('node:https') : await import('node:http');
  return new Promise((resolve, reject) => {
    const call = open(url, isSecure && ca ? { ...common, ca: ca() } : common);
    // What is on its way already must not pass for a whole answer.
    const giveUp = (why: string): void => {
      reject(new Error(why));
      call.destroy();
    };
    const timer = setTimeout(giveUp, timeoutMs, `no answer within ${timeoutMs / 1000} s`);
    call.on('close', () => {
      clearTimeout(timer);
    });
    call.on('error', reject).on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.length > maxLength) giveUp('the answer is too long');
      });
      response.on('error', reject).on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: text });
      });
    });
    call.end(body);
  });
}

function bodyHeaders(body: string, type: string): Record<string, string> {
  return { 'Content-Type': type, 'Content-Length': String(Buffer.byteLength(body)) };
}
