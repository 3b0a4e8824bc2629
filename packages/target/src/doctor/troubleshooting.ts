/** One line of the troubleshooting table: what a person sees, why, and what to do. */
export interface Trouble {
  readonly symptom: string;
  readonly cause: string;
  readonly fix: string;
}

/**
 * The table of the user's page, and what the doctor says when it meets one of them. Written once, so that the README and
 * `check` cannot drift apart. The words in braces are filled in by the doctor.
 */
export const troubles = {
  untrustedCa: {
    symptom: '`tls: failed to verify certificate`, `unable to get local issuer certificate`, `self-signed certificate`',
    cause: "the root CA that signed LAPI's certificate is not trusted here",
    fix: 'mount the root CA and name it in CROWDSEC_CA_FILE, or install it on the host (copy it to /usr/local/share/ca-certificates/, run `sudo update-ca-certificates`) and mount /etc/ssl/certs',
  },
  wrongName: {
    symptom: '`certificate is not valid for this name`',
    cause: 'LAPI is asked by another name or address than its certificate is for',
    fix: 'use a name that the certificate holds in CROWDSEC_API_URL',
  },
  expired: {
    symptom: '`certificate has expired`, `certificate is not yet valid`',
    cause: "LAPI's certificate is out of date, or the clock of this machine is wrong",
    fix: 'renew the certificate of LAPI, and set the clock of this machine',
  },
  refusedKey: {
    symptom: '`401 Unauthorized`, `403 Forbidden`',
    cause:
      "the API key is wrong or was revoked (LAPI itself answers 403, a proxy before it may answer 401); or LAPI's database is away, which it calls `access forbidden`, too",
    fix: "look at LAPI's own log: it tells which. For the key, make a new one with `sudo cscli bouncers add {name}` and put it into CROWDSEC_BOUNCER_API_KEY (a file named by CROWDSEC_BOUNCER_API_KEY_FILE is read again without a restart); for the database, mend that",
  },
  unknownHost: {
    symptom: '`no such host`, `ENOTFOUND`, `EAI_AGAIN`',
    cause: "this machine cannot resolve LAPI's host name",
    fix: 'add the name to your DNS or to the hosts file (`<address> {host}`; with Docker: `--add-host {host}:<address>`)',
  },
  refusedConnection: {
    symptom: '`connection refused`, `ECONNREFUSED`, `ETIMEDOUT`',
    cause: 'a firewall in between blocks the port, or LAPI does not listen on it',
    fix: 'open TCP port {port} from this machine to {host}, and check that LAPI listens there and not on its loopback address only',
  },
  wrongPath: {
    symptom: '`404 Not Found`',
    cause: 'the path prefix of LAPI is missing or wrong',
    fix: 'add or correct the path in CROWDSEC_API_URL; behind a proxy it is often /lapi: {origin}/lapi',
  },
  apiInPath: {
    symptom: '`404 Not Found`, and CROWDSEC_API_URL ends in `/v1` or `/v1/decisions`',
    cause: 'that part is added to CROWDSEC_API_URL by itself, so that it is asked for twice',
    fix: 'take it off the end: CROWDSEC_API_URL={base}',
  },
  noLastPull: {
    symptom: '`last_pull` stays empty in `cscli bouncers list`',
    cause: 'the connector is not started, or it crashes, or it uses another key',
    fix: 'run `check`; check that the container runs (`docker ps`, `docker logs`), and that every connector has a key of its own',
  },
} as const satisfies Readonly<Record<string, Trouble>>;

/** A fix with names filled in. */
export function fixFor(trouble: Trouble, names: Readonly<Record<string, string>>): string {
  return trouble.fix.replaceAll(/\{(\w+)\}/g, (all, name: string) => names[name] ?? all);
}

/** The table as markdown for the README. Ends with a line break. */
export function troubleshootingTable(): string {
  const general = {
    host: 'crowdsec.protected.lan',
    port: '443',
    name: 'NAME',
    origin: 'https://crowdsec.protected.lan',
    base: 'https://crowdsec.protected.lan/lapi',
  };
  const rows = Object.values<Trouble>(troubles).map((trouble) => {
    return `| ${trouble.symptom} | ${trouble.cause} | ${fixFor(trouble, general)} |`;
  });
  return `${['| symptom | likely cause | fix |', '|---|---|---|', ...rows].join('\n')}\n`;
}
