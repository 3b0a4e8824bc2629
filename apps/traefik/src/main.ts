import { runConnector } from '@bouncer/connector/run-connector';

// Loaded late, so that the health check of the image stays light. Forward-auth answers every request of a proxy.
void runConnector(async () => (await import('./connector.ts')).connector, {
  type: 'crowdsec-traefik-bouncer',
  isBusy: true,
});
