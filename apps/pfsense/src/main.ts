import { runBouncer } from '@bouncer/cli/run-bouncer';

// Loaded late, so that the health check of the image does not load all of it.
void runBouncer(async () => (await import('./kind.ts')).kind, { type: 'crowdsec-pfsense-bouncer' });
