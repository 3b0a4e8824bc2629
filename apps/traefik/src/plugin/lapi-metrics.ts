import { readFileSync } from 'node:fs';
import { request, type Logger } from '@bouncer/target';
import { systemCertificates } from '@bouncer/stream';
import type { TraefikValues } from '../config.ts';
import { isAtLeast } from '../options/version.ts';

const OPTION = 'metricsUpdateIntervalSeconds';

/** Asks until it is answered: whether LAPI takes metrics. */
export class LapiMetrics {
  readonly #values: TraefikValues;
  readonly #log: Logger;
  #isAnswered: boolean;
  #isMissing = false;

  constructor(values: TraefikValues, log: Logger) {
    const { plugin, pluginVersion, lapiKey, lapiInsecureSkipVerify } = values;
    this.#values = values;
    this.#log = log;
    // Who gives these options knows; and without a key of our own nobody can be asked.
    const isTheirs = Object.keys(plugin).some((name) => /^(?:metricsUpdate|crowdsecLapi|crowdsecMode)/i.test(name));
    this.#isAnswered =
      isTheirs || lapiKey === undefined || lapiInsecureSkipVerify || !isAtLeast(pluginVersion, [1, 4, 4]);
  }

  /** The values, with the plugin's metrics switched off where LAPI (before 1.6.3) has no place for them. */
  async settle(signal: AbortSignal): Promise<TraefikValues> {
    if (!this.#isAnswered) await this.#ask(signal);
    return this.#isMissing ? { ...this.#values, plugin: { ...this.#values.plugin, [OPTION]: '0' } } : this.#values;
  }

  /** What is sent is no metrics, so that LAPI keeps nothing of it: 404 where it does not know the place, else 400. */
  async #ask(signal: AbortSignal): Promise<void> {
    const { lapiUrl, lapiKey, lapiCaFile } = this.#values;
    try {
      const { status } = await request(`${lapiUrl.replace(/\/+$/, '')}/v1/usage-metrics`, {
        form: 'none',
        headers: { 'X-Api-Key': lapiKey?.value() ?? '' },
        ca: () => [...systemCertificates(), ...(lapiCaFile === undefined ? [] : [readFileSync(lapiCaFile, 'utf8')])],
        timeoutMs: 5000,
        maxLength: 65_536,
        signal,
      });
      this.#isAnswered = status < 500;
      this.#isMissing = status === 404;
      if (this.#isMissing) this.#log.info({ option: OPTION }, 'LAPI takes no metrics: the plugin is told to send none');
    } catch {
      // Asked again when the folder is opened again.
      signal.throwIfAborted();
    }
  }
}
