import type { TreeMap } from './tree.ts';
import { flagsOf, labelsOf } from './flat.ts';
import { emitYaml } from './yaml.ts';

/** A folder, as we see it and as Traefik does. */
export interface Mount {
  readonly source: string;
  readonly target: string;
}

/**
 * A fragment for compose: Traefik's flags and the labels that make the middleware. `$` is doubled, or compose would put a
 * variable in its place. The middleware is there as long as the container that carries the labels.
 */
export function emitCompose(staticTree: TreeMap, dynamic: TreeMap, mount: Mount, comments: readonly string[]): string {
  const { source, target } = mount;
  const labels = labelsOf(dynamic).map(([name, value]) => doubled(`${name}=${value}`));
  return emitYaml(
    {
      services: {
        traefik: {
          command: flagsOf(staticTree).map(doubled),
          // The long form: in the short one a colon in the name of a folder would end it.
          volumes: [{ type: 'bind', source: doubled(source), target: doubled(target), read_only: true }],
          labels: ['traefik.enable=true', ...labels],
        },
      },
    },
    comments,
  );
}

function doubled(text: string): string {
  return text.replaceAll('$', '$$$$');
}
