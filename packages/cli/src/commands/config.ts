import { exitOk } from '../runtime/io.ts';
import type { Session } from '../runtime/session.ts';
import { configRows, printConfig } from '../settings/config-report.ts';

/** Prints the effective configuration with the source of each value, secrets as `***`. */
export function config({ loaded, io, json }: Session): Promise<number> {
  for (const warning of [...loaded.warnings, ...loaded.notices]) io.stderr.write(`warning: ${warning}\n`);
  io.stdout.write(json ? `${JSON.stringify(configRows(loaded), undefined, 2)}\n` : printConfig(loaded));
  return Promise.resolve(exitOk);
}
