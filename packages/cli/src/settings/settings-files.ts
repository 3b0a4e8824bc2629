import type { Environment } from './candidates.ts';
import { importFile } from './importer.ts';
import type { SettingsImporter } from '@bouncer/target';
import { readYamlFile } from './yaml-file.ts';
import type { YamlFile } from './yaml-file.ts';

/** Which files are read. */
export interface FilesToRead {
  /** Our own YAML file, if there is one. */
  readonly path: string | undefined;
  /** From `--import`. */
  readonly importPath: string | undefined;
  readonly importer: SettingsImporter | undefined;
  readonly keys: ReadonlyMap<string, string>;
  /** Variables whose value may be a tree. */
  readonly trees: ReadonlySet<string>;
  readonly env: Environment;
}

/**
 * Reads our own file and the one to import; where both say something, ours counts. Where our own file should be, the
 * other program's may stand, because both have the same name: then it is imported, and said so.
 */
export async function readSettingsFiles(
  files: FilesToRead,
): Promise<{ readonly yaml: YamlFile | undefined; readonly notices: readonly string[] }> {
  const { path, importPath, importer, keys, trees, env } = files;
  const notices: string[] = [];
  const read: YamlFile[] = [];
  if (importPath !== undefined && importer) {
    const imported = await importFile(importer, importPath, env, true);
    if (imported) read.push(imported.yaml);
    notices.push(...(imported?.warnings ?? []));
  }
  // Nobody imports a file and means to read the same one as ours.
  if (path !== undefined && path !== importPath) {
    const imported = importer && (await importFile(importer, path, env, false));
    read.push(imported ? imported.yaml : await readYamlFile(path, keys, trees));
    if (imported) {
      notices.push(`${path}: is ${importer.title}; it is read as with --import`, ...imported.warnings);
    }
  }
  const [first] = read;
  if (!first) return { yaml: undefined, notices };
  const values = new Map(read.flatMap((file) => [...file.values]));
  const problems = read.flatMap((file) => file.problems);
  const isUnread = read.some((file) => file.isUnread === true);
  return { yaml: { path: first.path, values, problems, isUnread }, notices };
}
