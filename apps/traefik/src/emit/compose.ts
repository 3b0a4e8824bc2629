import type { TreeMap } from '../tree.ts';
import { flagsOf, labelsOf } from './flat.ts';
import { emitYaml } from './yaml.ts';

/**
 * A fragment for compose: Traefik's flags and the labels that make the middleware. `$` is doubled, or compose would put a
 * variable in its place. The middleware is there as long as the container that carries the labels.
 */
export function emitCompose(staticTree: TreeMap, dynamic: TreeMap, mount: string, comments: readonly string[]): string {
  const labels = labelsOf(dynamic).map(([name, value]) => doubled(`${name}=${value}`));
  return emitYaml(
    {
      services: {
        traefik: {
          command: flagsOf(staticTree).map(doubled),
          ...(mount === '' ? {} : { volumes: [doubled(mount)] }),
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
