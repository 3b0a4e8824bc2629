import { setting } from '@bouncer/target';

/**
 * The settings of the Example connector. Each is typed here and nowhere else: the environment, X_FILE, YAML, `config`,
 * `--help` and the README tables follow from it. The other builders stand in packages/target/src/settings/setting.ts.
 */
export const exampleSettings = {
  host: setting.hosts({
    env: 'EXAMPLE_HOST',
    required: true,
    help: 'the device: host, host:port or [v6]:port; several by comma',
  }),
  password: setting.secret({ env: 'EXAMPLE_PASSWORD', help: 'password of its API' }),
  list: setting.text({
    env: 'EXAMPLE_LIST',
    default: 'crowdsec',
    // It goes into commands and printed text: what the device does not need is not taken.
    pattern: /^[A-Za-z][A-Za-z0-9_-]{0,30}$/,
    accepted: 'up to 31 letters, digits, - and _, a letter first',
    help: 'name of the list',
  }),
};
