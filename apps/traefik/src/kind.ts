import {
  FileTarget,
  OutputFolder,
  defineKind,
  type Concern,
  type Kind,
  type FileTargetOptions,
  type Logger,
  type Renderer,
  type Target,
  type TargetContext,
} from '@bouncer/target';
import { createProtectedSpace } from '@bouncer/stream';
import type { ProtectedSpace } from '@bouncer/stream';
import { traefikSettings } from './config.ts';
import type { TraefikValues } from './config.ts';
import { foreignVariables, importEnvironment } from './come-over.ts';
import { checkOptions, extraChecks, offlineChecks } from './extra-checks.ts';
import { readBanPage } from './forward-auth/ban-page.ts';
import { ForwardAuthRenderer } from './forward-auth/forward-auth-renderer.ts';
import { ForwardAuthTarget } from './forward-auth/forward-auth-target.ts';
import { forwardAuthTree } from './forward-auth/middleware.ts';
import { probeOf } from './forward-auth/probe.ts';
import { webGateOf } from './forward-auth/web-gate.ts';
import { Snapshot } from './forward-auth/snapshot.ts';
import { NativeRenderer } from './native/native-renderer.ts';
import { dynamicTree } from './plugin/documents.ts';
import { KeyWatch } from './plugin/key-watch.ts';
import { LapiMetrics } from './plugin/lapi-metrics.ts';
import { pluginConcerns, pluginLapi } from './plugin/plugin-lapi.ts';
import { PluginRenderer } from './plugin/plugin-renderer.ts';
import { snapshotEnd } from './plugin/purged-files.ts';
import { ServedFileTarget } from './provider/served-file-target.ts';
import { authTlsOf } from './tls/auth-tls.ts';
import { validateTraefik } from './validate.ts';

/** The Traefik connector. */
export const kind: Kind = defineKind({
  name: 'traefik',
  type: 'crowdsec-traefik-bouncer',
  title: 'Traefik',
  summary: "Lets Traefik enforce CrowdSec's decisions: configures its plugin, or answers its forward-auth requests.",
  settings: traefikSettings,
  foreignVariables,
  importEnvironment,
  // Single proxies are devices: their own address must never be blocked. Networks are looked after by ALLOWLIST.
  deviceHosts: ({ trustedProxies }) => trustedProxies.filter((network) => !network.includes('/')),
  validate: validateTraefik,
  checkOptions,
  extraChecks,
  offlineChecks,
  createTargets: (values, context) => [createTarget(values, context)],
});

function createTarget(values: TraefikValues, { clock, log, type, decisionId }: TargetContext): Target {
  const { mode, listen, trustedProxies, untilFirstPull, banPageFile, banStatus, banRedirect, remediationHeader } =
    values;
  const { dryRun } = values;
  if (mode === 'plugin') {
    warnOfFilters(values, log);
    const renderer = new PluginRenderer(values, log);
    const files = fileOptions('traefik plugin', renderer, values);
    const metrics = new LapiMetrics(values, log);
    const prepare = async (signal: AbortSignal): Promise<void> => {
      renderer.values = await metrics.settle(signal);
    };
    const ask = pluginLapi(values, type);
    const keyWatch = ask && new KeyWatch({ ask, clock, log });
    const concerns = (): readonly Concern[] => pluginConcerns(values, ask !== undefined);
    return new ServedFileTarget({
      ...files,
      listen,
      dryRun,
      log,
      keyWatch,
      concerns,
      prepare,
      document: () => dynamicTree(renderer.values),
    });
  }
  if (mode === 'native') {
    const renderer = new NativeRenderer(values);
    const files = fileOptions('traefik native', renderer, values);
    return new ServedFileTarget({ ...files, listen, dryRun, log, document: () => renderer.tree });
  }
  const tls = authTlsOf(values, { clock, log });
  const ca = (): string | undefined => tls?.identity().ca;
  const files = new FileTarget(fileOptions('traefik forward-auth', new ForwardAuthRenderer(values, ca), values));
  const document = () => forwardAuthTree(values, ca());
  const ban = { page: readBanPage(banPageFile), status: banStatus, redirect: banRedirect, header: remediationHeader };
  // The captcha provider is asked until the process ends.
  const web = webGateOf(values, { clock, log, signal: new AbortController().signal });
  const isUseSeen = values.apiUrl !== undefined || values.probeUrl !== undefined;
  const own = { trustedProxies, untilFirstPull, ban, web, files, document, dryRun, isUseSeen };
  const lists = { protectedSpace: spaceOf(values), probe: probeOf(values, clock), decisionId };
  const snapshot = dryRun ? undefined : snapshotOf(values, { clock, log });
  return new ForwardAuthTarget({ ...own, ...lists, listen, listenTls: values.listenTls, tls, snapshot, clock, log });
}

/** What is never blocked, as far as it is known before anything is resolved. */
function spaceOf({ allowlist, blockPrivateNetworks, trustedProxies }: TraefikValues): ProtectedSpace {
  return createProtectedSpace({ allowlist, addresses: trustedProxies, blockPrivateNetworks });
}

function snapshotOf(values: TraefikValues, { clock, log }: Pick<TargetContext, 'clock' | 'log'>): Snapshot {
  const folder = new OutputFolder(values.outputDir, 'TRAEFIK_OUTPUT_DIR');
  const file = `${values.middleware}${snapshotEnd}`;
  return new Snapshot({ folder, file, clock, log, protectedSpace: spaceOf(values) });
}

/** The plugin takes all that LAPI has. */
function warnOfFilters(values: TraefikValues, log: Logger): void {
  const { origins, scenariosContaining, scenariosNotContaining } = values;
  if (origins.length + scenariosContaining.length + scenariosNotContaining.length === 0) return;
  log.warn(
    { hint: 'use TRAEFIK_MODE=forwardauth' },
    'the plugin knows no filters: CROWDSEC_ORIGINS and the other filters have no effect',
  );
}

function fileOptions(name: string, renderer: Renderer, { outputDir, reloadCommand }: TraefikValues): FileTargetOptions {
  const reload =
    reloadCommand === undefined ? undefined : { variable: 'TRAEFIK_RELOAD_COMMAND', command: reloadCommand };
  return { name, renderer, folder: outputDir, folderVariable: 'TRAEFIK_OUTPUT_DIR', reload };
}
