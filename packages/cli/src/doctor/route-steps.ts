import { lstat } from 'node:fs/promises';
import { connect } from 'node:net';
import {
  hintOf,
  lapiSocketPath,
  messageOf,
  networkErrorCode,
  openTunnel,
  proxyFailure,
  socketProblem,
} from '@bouncer/stream';
import type { HttpProxy } from '@bouncer/stream';
import {
  apiAddress,
  dnsStep,
  failed,
  opened,
  passed,
  tcpStep,
  tlsStep,
  type CheckStep,
  type TlsTrust,
} from '@bouncer/target';

interface Route {
  readonly apiUrl: string;
  readonly proxy?: HttpProxy | undefined;
  readonly trust: TlsTrust;
}

/** From the name to the secure connection, by whatever way leads to LAPI. The steps after a failure are not asked for. */
export async function* routeSteps({ apiUrl, proxy, trust }: Route, signal: AbortSignal): AsyncGenerator<CheckStep> {
  const path = lapiSocketPath(apiUrl);
  if (path !== undefined) {
    yield passed('dns', 'not used: CROWDSEC_API_URL is a unix socket');
    yield await socketStep(path, signal);
    yield passed('tls', 'not used: nothing leaves this machine');
    return;
  }
  const address = apiAddress(apiUrl);
  if (proxy === undefined) {
    yield await dnsStep(address.host);
    yield await tcpStep(address, signal);
    yield address.tls ? await tlsStep(address, trust, signal) : withoutTls;
    return;
  }
  // The proxy resolves LAPI's name; this machine need not be able to.
  yield await dnsStep(proxy.host, 'correct the host in CROWDSEC_PROXY, or add its name to your DNS');
  const explain = (error: Error): Error => proxyFailure(proxy, error);
  const connected = await tcpStep(proxy, signal, explain);
  yield connected.ok ? { ...connected, seen: `${connected.seen}, the proxy` } : connected;
  if (!address.tls) {
    yield withoutTls;
    return;
  }
  const target = `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  try {
    const tunnel = await openTunnel(proxy, target, signal);
    yield passed('proxy', `${proxy.name} makes a tunnel to ${target}`);
    yield await tlsStep(address, trust, signal, tunnel);
  } catch (error) {
    signal.throwIfAborted();
    yield failed('proxy', messageOf(error), hintOf(error));
  }
}

const withoutTls = passed('tls', 'not used: the address in CROWDSEC_API_URL is http');

async function socketStep(path: string, signal: AbortSignal): Promise<CheckStep> {
  try {
    const socket = await opened(connect({ path }), 'connect', signal);
    socket.destroy();
    return passed('socket', `connected to unix socket ${path}`);
  } catch (error) {
    signal.throwIfAborted();
    const code = networkErrorCode(error);
    // The kernel says "refused" of a plain file, too.
    const isOther =
      code === 'ECONNREFUSED' &&
      !(await lstat(path).then(
        (file) => file.isSocket() || file.isSymbolicLink(),
        () => true,
      ));
    const problem = socketProblem(isOther ? 'ENOTSOCK' : code, path);
    const general = 'check `api.server.listen_socket` in the config.yaml of CrowdSec';
    return failed('socket', problem?.seen ?? `unix socket ${path}: ${messageOf(error)}`, problem?.fix ?? general);
  }
}
