import { runBouncer } from '@bouncer/cli/run-bouncer';

// Loaded late, so that the health check of the image stays light.
void runBouncer(async () => (await import('./kind.ts')).kind, { type: 'crowdsec-haproxy-bouncer' });
