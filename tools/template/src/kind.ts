import { defineKind, printHostPort } from '@bouncer/target';
import { exampleSettings } from './config.ts';
import { MemoryDevice } from './memory-device.ts';
import { ExampleTarget } from './target.ts';

/** The Example connector: decisions as rows of a list on the device. */
export const kind = defineKind({
  // Also the group in YAML; in capitals it is the prefix of the variables.
  name: 'example',
  // Image, User-Agent (`<type>/v<version>`) and name of the settings file.
  type: 'crowdsec-example-bouncer',
  title: 'Example',
  summary: "Keeps CrowdSec's decisions in a list of an Example device.",
  settings: exampleSettings,
  // Resolved before every full pull and never blocked: nobody must lock the connector out of its device.
  deviceHosts: (values) => values.host.map(({ host }) => host),
  // One target for each device. Nothing is contacted here: `config` and `setup` come by, too.
  createTargets: (values, { clock }) =>
    // Your client goes here, in place of the list in memory: new HttpDevice(host, values.password).
    values.host.map((host) => {
      const options = { address: printHostPort(host), list: values.list };
      return new ExampleTarget(options, new MemoryDevice(clock), clock);
    }),
});
