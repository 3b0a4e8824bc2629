import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Namespace } from './namespace.ts';
import { Relay } from './relay-process.ts';

/** Who is where: all public but the gateway, so that nothing but its role protects an address. */
export const places = {
  /** The connector's own, in both families. */
  own: '45.83.0.12',
  own6: '2a01:4f8::12',
  gateway: '192.168.1.1',
  gateway6: 'fd00::1',
  lapi: '45.83.0.10',
  device: '45.83.0.11',
} as const;

/**
 * Two namespaces joined by a cable: inside stands the connector, outside everybody else. Servers of the test itself are
 * brought in with `expose`, servers of the connector are reached with `reach`.
 */
export class Bubble implements AsyncDisposable {
  readonly inside: Namespace;
  readonly outside: Namespace;
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'bubble-'));
  readonly #relays: Relay[] = [];

  private constructor(inside: Namespace, outside: Namespace) {
    this.inside = inside;
    this.outside = outside;
  }

  static async create(): Promise<Bubble> {
    const [inside, outside] = [await Namespace.create(), await Namespace.create()];
    await inside.run(`ip link add cable type veth peer name cable netns ${outside.name}`);
    await inside.run(`ip addr add ${places.own}/24 dev cable`);
    await inside.run(`ip addr add ${places.own6}/64 dev cable nodad`);
    for (const address of [places.gateway, places.lapi, places.device])
      await outside.run(`ip addr add ${address}/24 dev cable`);
    // Whatever comes from the gateway is answered by it, and not by a neighbour.
    await inside.run('ip addr add 192.168.1.12/24 dev cable');
    await inside.run('ip addr add fd00::12/64 dev cable nodad');
    await outside.run('ip addr add 2a01:4f8::1/64 dev cable nodad');
    await outside.run(`ip addr add ${places.gateway6}/64 dev cable nodad`);
    await inside.run('ip link set cable up');
    await outside.run('ip link set cable up');
    await inside.run(`ip route add default via ${places.gateway}`);
    await inside.run(`ip route add default via ${places.gateway6}`);
    return new Bubble(inside, outside);
  }

  /** From inside, `address:port` leads to this port of our loopback. */
  async expose(address: string, port: number): Promise<void> {
    const socket = path.join(this.#folder, `${port}.sock`);
    this.#relays.push(await Relay.start({ listen: socket, target: `127.0.0.1:${port}` }));
    const { prefix } = this.outside;
    this.#relays.push(await Relay.start({ listen: `${address}:${port}`, target: socket, prefix }));
  }

  /** A UNIX socket that leads to a port of inside's loopback. */
  async reach(port: number): Promise<string> {
    const socket = path.join(this.#folder, `in-${port}.sock`);
    const { prefix } = this.inside;
    this.#relays.push(await Relay.start({ listen: socket, target: `127.0.0.1:${port}`, prefix }));
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const relay of this.#relays) await relay[Symbol.asyncDispose]();
    for (const each of [this.inside, this.outside]) await each[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
