import { memoryConnector } from './commands/testing.ts';
import { runBouncer } from './run-bouncer.ts';
import { MemoryTarget, type Capabilities } from '@bouncer/target';

// The main file of a connector for run-connector.test.ts: what its device does is told by MEMORY_DEVICE.

class OddTarget extends MemoryTarget {
  override open(signal: AbortSignal): Promise<Capabilities> {
    if (process.env['MEMORY_DEVICE'] === 'leaks') void Promise.reject(new Error('lost test-key-abcdef\n  on the way'));
    return super.open(signal);
  }

  override close(): Promise<void> {
    return process.env['MEMORY_DEVICE'] === 'hangs' ? new Promise(() => undefined) : super.close();
  }
}

void runBouncer(
  () => {
    process.stdout.write('the connector is loaded\n');
    return Promise.resolve(memoryConnector([new OddTarget()]));
  },
  { type: 'crowdsec-memory-bouncer' },
);
