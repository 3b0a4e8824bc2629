import { FileTarget, defineConnector, type UserCommand } from '@bouncer/connector';
import { readBanPage } from './ban-page.ts';
import { configFolder, nginxSettings, validateNginx, type NginxValues } from './config.ts';
import { luaRenderer } from './lua/lua-renderer.ts';
import { WallClock } from './wall-clock.ts';

/** The NGINX connector. */
export const connector = defineConnector({
  name: 'nginx',
  type: 'crowdsec-nginx-bouncer',
  title: 'NGINX',
  summary: "Writes CrowdSec's decisions to a file that NGINX refuses requests by.",
  settings: nginxSettings,
  // Set by the official image of NGINX and its relatives.
  foreignVariables: [
    'NGINX_VERSION',
    'NGINX_PORT',
    'NGINX_HOST',
    'NGINX_ENTRYPOINT_QUIET_LOGS',
    'NGINX_ENVSUBST_TEMPLATE_DIR',
  ],
  deviceHosts: () => [],
  validate: validateNginx,
  createTargets(values, { clock }) {
    const folder = configFolder(values);
    const renderer = luaRenderer({
      folder,
      banStatus: values.banStatus,
      banPage: readBanPage(values.banPageFile),
      onMissing: values.onMissingFile,
      wallClock: new WallClock(clock),
      setup: () => `include ${folder}/crowdsec.conf;\n`,
    });
    return [
      new FileTarget({
        name: `nginx ${values.outputDir}`,
        renderer,
        folder: values.outputDir,
        folderVariable: 'NGINX_OUTPUT_DIR',
        clock,
        ...commands(values),
      }),
    ];
  },
});

function commands(values: NginxValues): { test?: UserCommand; reload?: UserCommand } {
  const { testCommand, reloadCommand } = values;
  return {
    ...(testCommand !== undefined && { test: { variable: 'NGINX_TEST_COMMAND', command: testCommand } }),
    ...(reloadCommand !== undefined && { reload: { variable: 'NGINX_RELOAD_COMMAND', command: reloadCommand } }),
  };
}
