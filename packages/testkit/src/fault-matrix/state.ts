import { get } from 'node:http';

/** What a connector says about itself. */
export interface ConnectorState {
  /** /readyz answers 200. */
  readonly ready: boolean;
  /** Why it does not. */
  readonly reasons: readonly string[];
  /** The errors of stream and targets in /status.json. */
  readonly errors: readonly string[];
  /** How often mass removals were held back since the start. */
  readonly guardHolds: number;
  /** Pulls tried since the start, those that found nobody included. */
  readonly pulls: number;
  /** Those of them that failed. */
  readonly failedPulls: number;
  /** Failures of the device since the start. */
  readonly deviceFailures: number;
}

interface Status {
  readonly stream: {
    readonly lastError?: { readonly message: string };
    readonly pulls: number;
    readonly failures: Readonly<Record<string, number>>;
    readonly guardHolds?: number;
  };
  readonly targets: readonly {
    readonly lastError?: { readonly message: string };
    readonly guardHolds: number;
    readonly failures: number;
  }[];
}

/** Asks /readyz and /status.json on loopback; undefined when nobody answers. */
export async function readState(port: number): Promise<ConnectorState | undefined> {
  try {
    const [readyz, status] = await Promise.all([ask(port, '/readyz'), ask(port, '/status.json')]);
    const { reasons } = JSON.parse(readyz.body) as { reasons: string[] };
    const { stream, targets } = JSON.parse(status.body) as Status;
    const failedPulls = sumOf(Object.values(stream.failures));
    return {
      ready: readyz.status === 200,
      reasons,
      errors: [stream, ...targets].flatMap(({ lastError }) => (lastError ? [lastError.message] : [])),
      guardHolds: (stream.guardHolds ?? 0) + sumOf(targets.map(({ guardHolds }) => guardHolds)),
      pulls: stream.pulls + failedPulls,
      failedPulls,
      deviceFailures: sumOf(targets.map(({ failures }) => failures)),
    };
  } catch {
    return undefined;
  }
}

function ask(port: number, path: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const call = get({ host: '127.0.0.1', port, path, agent: false, timeout: 5000 }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('error', reject).on('end', () => {
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
    call.on('error', reject).on('timeout', () => call.destroy(new Error('no answer')));
  });
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
