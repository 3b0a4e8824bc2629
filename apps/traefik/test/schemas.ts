import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The folder of Traefik's JSON schemas: TRAEFIK_SCHEMAS, or `shared/schemas` beside this checkout or further up. */
function schemaFolder(): string | undefined {
  const given = process.env['TRAEFIK_SCHEMAS'];
  if (given !== undefined) return given;
  let folder = import.meta.dirname;
  while (folder !== path.dirname(folder)) {
    const found = path.join(folder, 'shared/schemas');
    if (existsSync(found)) return found;
    folder = path.dirname(folder);
  }
  return undefined;
}

/** Why the schemas cannot be used here; undefined when they can. */
export const noSchemas =
  schemaFolder() === undefined ? 'no Traefik schemas here; TRAEFIK_SCHEMAS names their folder' : undefined;

/** One of them: `traefik-v3-file-provider`. */
export function readSchema(name: string): object {
  return JSON.parse(readFileSync(path.join(schemaFolder() ?? '', `${name}.json`), 'utf8')) as object;
}
