import { EventEmitter } from 'node:events';
import { memoryConnector } from './commands/testing.ts';
import { runBouncer } from './run-bouncer.ts';
import { MemoryTarget, type Capabilities, type DropCounters } from '@bouncer/target';

// The main file of a connector for run-bouncer.test.ts: what its device does is told by MEMORY_DEVICE.

class OddTarget extends MemoryTarget {
  override open(signal: AbortSignal): Promise<Capabilities> {
    if (process.env['MEMORY_DEVICE'] === 'leaks') void Promise.reject(new Error('lost test-key-abcdef\n  on the way'));
    return super.open(signal);
  }

  override close(): Promise<void> {
    return process.env['MEMORY_DEVICE'] === 'hangs' ? new Promise(() => undefined) : super.close();
  }
}

/** Ways in which an error reaches nobody. */
const strays: readonly (() => void)[] = [
  () => setTimeout(() => fail('timer'), 5),
  () => setImmediate(() => new EventEmitter().emit('error', new Error('a stray of an emitter: test-key-abcdef'))),
  () => void Promise.reject(new Error('a stray of a promise')),
];

/** Lets an error loose at each of its first openings, which then never end; `SIGUSR2` is nobody's. */
class StrayTarget extends MemoryTarget {
  #left = [...strays];

  override open(signal: AbortSignal): Promise<Capabilities> {
    const stray = this.#left.shift();
    if (stray === undefined) return super.open(signal);
    stray();
    return new Promise(() => undefined);
  }

  counters(): Promise<readonly DropCounters[]> {
    setTimeout(() => fail('counter'), 5);
    return Promise.resolve([]);
  }
}

function fail(what: string): never {
  throw new Error(`a stray of a ${what}`);
}

process.on('SIGUSR2', () => fail('signal'));
const devices =
  process.env['MEMORY_DEVICE'] === 'strays'
    ? [new StrayTarget({ name: 'sick' }), new MemoryTarget({ name: 'well' })]
    : [new OddTarget()];

void runBouncer(
  () => {
    process.stdout.write('the connector is loaded\n');
    return Promise.resolve(memoryConnector(devices));
  },
  { type: 'crowdsec-memory-bouncer' },
);
