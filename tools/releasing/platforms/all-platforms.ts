import { kinds } from '../../kinds.ts';
import { formOf, type Origin } from './form.ts';
import { addOnKinds, homeAssistantAddOn } from './home-assistant.ts';
import { portainerStack, portainerTemplates } from './portainer.ts';
import { trueNasCompose } from './truenas.ts';
import { unraidTemplate } from './unraid.ts';

export type { Origin };

/** What stands in the repository: whoever publishes puts in where the images are. */
export const unpublished: Origin = {
  registry: 'ghcr.io/OWNER',
  source: 'https://github.com/OWNER/REPO',
  version: 'latest',
};

/**
 * All manifests by their path below packaging/platforms. An add-on has a version of its own: `latest` is none, and the one
 * in the repository is released with the rest.
 */
export async function platformFiles(origin: Origin, addOnVersion = '0.0.0'): Promise<ReadonlyMap<string, string>> {
  const all = await Promise.all(Object.values(kinds).map((load) => load()));
  const forms = all.map((kind) => formOf(kind, origin));
  const files = new Map([['portainer/templates.json', portainerTemplates(forms)]]);
  for (const form of forms) {
    files.set(`unraid/${form.name}.xml`, unraidTemplate(form));
    if (form.isOfHost) files.set(`portainer/${form.kind}.yaml`, portainerStack(form));
    files.set(`truenas/${form.kind}.yaml`, trueNasCompose(form));
  }
  files.set('home-assistant/repository.yaml', `name: CrowdSec bouncers\nurl: ${origin.source}\n`);
  const released = { ...origin, version: addOnVersion };
  for (const kind of all.filter(({ name }) => addOnKinds.includes(name)))
    for (const [file, text] of Object.entries(homeAssistantAddOn(formOf(kind, released))))
      files.set(`home-assistant/${kind.name}/${file}`, text);
  return files;
}
