import { runBouncer } from '@bouncer/cli/run-bouncer';

// Loaded late, so that the health check of the image stays light. Forward-auth answers every request of a proxy.
void runBouncer(async () => (await import('./kind.ts')).kind, {
  type: 'crowdsec-traefik-bouncer',
  isBusy: true,
});
