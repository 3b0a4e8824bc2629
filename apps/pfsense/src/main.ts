import { runConnector } from '@bouncer/connector/run-connector';

// Loaded late, so that the health check of the image does not load all of it.
void runConnector(async () => (await import('./connector.ts')).connector, { type: 'crowdsec-pfsense-bouncer' });
