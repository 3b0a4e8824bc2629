import { runBouncer } from '@bouncer/cli/run-bouncer';

// Loaded late, so that the health check of the image stays light and a lean restart costs next to nothing.
void runBouncer(async () => (await import('./kind.ts')).kind, {
  type: 'crowdsec-mikrotik-bouncer',
  jit: false,
});
