import { isIP } from 'node:net';

/**
 * A text as a RouterOS script string. The only printer of texts for what people paste: `$` would be a variable or a
 * command, `?` asks for help in the terminal. Throws on control characters; settings with one were refused before.
 */
export function quoted(text: string): string {
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new Error('a control character in a RouterOS string');
  return `"${text.replaceAll(/["\\$?]/g, String.raw`\$&`)}"`;
}

/** A name as it is when that is safe, else as a string. */
export function name(text: string): string {
  return /^[A-Za-z0-9][\w.-]*$/.test(text) ? text : quoted(text);
}

/** `/ip/firewall/raw/add ...` as RouterOS 6 takes it too: with blanks between the words of the menu. */
export function blanks(command: string): string {
  return command.replace(/^\/\S+/, (menu) => `/${menu.slice(1).replaceAll('/', ' ')}`);
}

/**
 * The three lines that give the router's API a certificate of its own (manual, api-ssl; the pauses are needed, a
 * certificate that is still being signed cannot be used).
 */
export function certificateCommands(host: string): string[] {
  const subject = isIP(host) ? `IP:${host}` : `DNS:${host}`;
  return [
    '/certificate add name=crowdsec-ca common-name=crowdsec-ca days-valid=3650 key-usage=key-cert-sign,crl-sign; /certificate sign crowdsec-ca; :delay 3s',
    `/certificate add name=crowdsec-api common-name=${name(host)} subject-alt-name=${name(subject)} days-valid=3650 key-usage=digital-signature,key-encipherment,tls-server; /certificate sign crowdsec-api ca=crowdsec-ca; :delay 3s`,
    '/ip service set api-ssl certificate=crowdsec-api tls-version=only-1.2',
  ];
}

/** Sections of commands below their titles, with a line between them. */
export function script(
  head: readonly string[],
  sections: readonly (readonly [title: string, ...lines: string[]])[],
): string {
  const texts = sections.map(([title, ...lines]) => [`# ${title}`, ...lines]);
  return `${[head, ...texts].map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
