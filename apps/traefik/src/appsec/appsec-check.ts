import { failed, passed, warned, type CheckStep } from '@bouncer/target';
import type { Network } from '@bouncer/stream';
import type { AppsecClient } from './appsec-client.ts';
import type { Asked } from './question.ts';

const step = 'appsec';
/** What the rules for virtual patching refuse, and nobody asks for in good faith. */
const PROBE = '/.env';
const nobody = '192.0.2.1' as Network;

/** Whether AppSec answers, takes our key, and refuses what it should. It is really asked. */
export async function* checkAppsec(client: AppsecClient, place: string): AsyncIterable<CheckStep> {
  const plain = await client.ask(question('/'), nobody, Buffer.alloc(0));
  if (plain === undefined) {
    const [concern] = client.concerns();
    yield failed(step, concern?.seen ?? `${place}: AppSec gives no answer`, concern?.fix ?? '');
    return;
  }
  if (plain.action !== 'allow') {
    yield warned(step, `${place}: refuses a request for / (${plain.action})`, 'look at the rules: nobody will get in');
    return;
  }
  const probe = await client.ask(question(PROBE), nobody, Buffer.alloc(0));
  if (probe === undefined)
    yield failed(step, `${place}: gave no answer to a request for ${PROBE}`, 'see the log of CrowdSec');
  else if (probe.action === 'allow') {
    const fix = 'cscli collections install crowdsecurity/appsec-virtual-patching crowdsecurity/appsec-generic-rules';
    yield warned(step, `${place}: answers, and lets a request for ${PROBE} pass: no rule refuses it`, fix);
  } else yield passed(step, `${place}: lets / pass, and refuses ${PROBE} (${probe.action}, ${probe.status})`);
}

function question(uri: string): Asked {
  return {
    method: 'GET',
    uri,
    host: 'crowdsec-bouncer',
    isTls: false,
    rawHeaders: ['User-Agent', 'crowdsec-traefik-bouncer'],
  };
}
