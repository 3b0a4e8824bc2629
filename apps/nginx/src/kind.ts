import { defineKind, type DropCounters, type Renderer, type UserCommand } from '@bouncer/target';
import type { Clock } from '@bouncer/stream';
import { AppsecAddress } from './appsec/appsec-address.ts';
import { appsecOptions } from './appsec/appsec-options.ts';
import { readBanPage } from './ban-page.ts';
import { captchaOptions } from './captcha/captcha-config.ts';
import { pageHalves } from './captcha/captcha-page.ts';
import { CaptchaTarget } from './captcha-target.ts';
import { checkDump, checkNginx } from './check.ts';
import { configFolder, nginxSettings, validateNginx } from './config.ts';
import type { NginxValues } from './config.ts';
import { geoRenderer } from './geo/geo-renderer.ts';
import { luaRenderer } from './lua/lua-renderer.ts';
import { NginxTarget } from './nginx-target.ts';
import type { NginxTargetOptions } from './nginx-target.ts';
import { purgedFiles } from './purged-files.ts';
import { setupText } from './setup.ts';
import { readStatus } from './status/read-status.ts';
import { StatusWatch } from './status/status-watch.ts';
import { stockRenderer } from './stock/stock-renderer.ts';
import { WallClock } from './wall-clock.ts';

/** The NGINX connector. */
export const kind = defineKind({
  name: 'nginx',
  type: 'crowdsec-nginx-bouncer',
  title: 'NGINX',
  summary: "Writes CrowdSec's decisions to files that NGINX refuses requests by.",
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
  checkInput: 'what `nginx -T` has printed where NGINX runs; `-` reads it from the standard input',
  extraChecks: checkDump,
  createTargets(values, { clock, log }) {
    if (values.mode === 'geo' && values.reloadCommand === undefined) {
      log.info({}, 'NGINX_RELOAD_COMMAND is not set: the watcher that `setup` prints has to reload NGINX');
    }
    const captcha = captchaOptions(values, configFolder(values));
    if (captcha === undefined && values.captchaProvider !== undefined) {
      log.warn({ mode: values.mode }, 'CAPTCHA_PROVIDER counts in lua mode only: decisions of type captcha are bans');
    }
    if (values.mode !== 'lua' && values.appsecUrl !== undefined) {
      log.warn({ mode: values.mode }, 'CROWDSEC_APPSEC_URL counts in lua mode only: AppSec is not asked');
    }
    const { appsecUrl: url } = values;
    const appsec = appsecOptions(values) && url !== undefined ? new AppsecAddress({ url, clock, log }) : undefined;
    const options: NginxTargetOptions = {
      appsec,
      name: `nginx ${values.outputDir}`,
      renderer: { ...rendererFor(values, clock, appsec), purged: () => purgedFiles(values.outputDir) },
      folder: values.outputDir,
      folderVariable: 'NGINX_OUTPUT_DIR',
      clock,
      reloadInterval: values.mode === 'geo' ? values.reloadInterval : 0,
      ...(values.mode === 'lua' && values.statusUrl !== undefined && tellingOf(values.statusUrl, values, clock)),
      ...commandsOf(values),
    };
    return [captcha ? new CaptchaTarget({ ...options, captcha, clock, log }) : new NginxTarget(options)];
  },
});

function rendererFor(values: NginxValues, clock: Clock, address: AppsecAddress | undefined): Renderer {
  const folder = configFolder(values);
  const setup = (): string => setupText(values);
  const wallClock = new WallClock(clock);
  const check = (signal: AbortSignal) => checkNginx(values, signal);
  const captcha = captchaOptions(values, folder);
  const appsec = appsecOptions(values);
  const { banStatus, onMissingFile: onMissing, stream, statusUrl } = values;
  switch (values.mode) {
    case 'lua':
      return luaRenderer({
        folder,
        banStatus,
        banPage: readBanPage(values.banPageFile),
        banRedirect: values.banRedirect,
        remediationHeader: values.remediationHeader,
        onMissing,
        stream,
        statusUrl,
        ...(captcha && { captcha: { connect: captcha.connect, page: pageHalves(captcha) } }),
        ...(appsec && address && { appsec: { ...appsec, address } }),
        check,
        wallClock,
        setup,
      });
    case 'geo':
      return geoRenderer({ folder, banStatus, wallClock, setup, check });
    case 'stock':
      return stockRenderer(values, setup, check);
  }
}

function tellingOf(url: string, { outputDir }: NginxValues, clock: Clock) {
  return {
    counters: async (signal: AbortSignal): Promise<readonly DropCounters[]> => (await readStatus(url, signal)).counters,
    watch: new StatusWatch({ url, folder: outputDir, clock }),
  };
}

function commandsOf(values: NginxValues): { test?: UserCommand; reload?: UserCommand } {
  const { testCommand, reloadCommand } = values;
  return {
    ...(testCommand !== undefined && { test: { variable: 'NGINX_TEST_COMMAND', command: testCommand } }),
    ...(reloadCommand !== undefined && { reload: { variable: 'NGINX_RELOAD_COMMAND', command: reloadCommand } }),
  };
}
