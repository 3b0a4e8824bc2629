import type { Directive } from './parse-configuration.ts';

/** A server or a location, and what of ours counts in it. */
export interface Place {
  /** For people: `server a.example (/etc/nginx/sites-enabled/a)`, `location /x of server ...`. */
  readonly name: string;
  readonly kind: 'server' | 'location';
  /** The directives that stand in it, those of its `if` blocks included, locations not. */
  readonly directives: readonly Directive[];
  /** Whose access handler counts here. */
  readonly access: 'ours' | 'calls ours' | 'other' | 'none';
  /** Whether our line for bare returns counts here. */
  readonly isGuarded: boolean;
  /** Left out by the user. */
  readonly isOff: boolean;
  /** Only reached from another location, whose handler has been asked. */
  readonly isInternal: boolean;
}

type Inherited = Pick<Place, 'access' | 'isGuarded' | 'isOff'>;

/** All servers and locations of the http block, with what they inherit. */
export function placesOf(directives: readonly Directive[], folder: string): Place[] {
  const start: Inherited = { access: 'none', isGuarded: false, isOff: false };
  return directives
    .filter(({ name }) => name === 'http')
    .flatMap(({ block = [] }) => {
      const http = inherit(start, block, folder);
      return blocksOf(block, 'server').flatMap((server) => serverPlaces(server, http, folder));
    });
}

function serverPlaces(server: Directive, http: Inherited, folder: string): Place[] {
  const { block = [], file } = server;
  const value = (name: string): string => block.find((one) => one.name === name)?.parameters.join(' ') ?? '';
  const label = value('server_name').slice(0, 80) || `on ${value('listen') || '80'}`;
  return placesIn(server, 'server', `server ${label} (${file})`, http, folder);
}

function placesIn(
  { block = [] }: Directive,
  kind: Place['kind'],
  name: string,
  above: Inherited,
  folder: string,
): Place[] {
  const here = inherit(above, block, folder);
  const own = block.filter((one) => one.name !== 'location');
  const inside = own.flatMap((one) => [one, ...(one.name === 'if' ? (one.block ?? []) : [])]);
  const isInternal = /^location @/.test(name) || own.some((one) => one.name === 'internal');
  const server = name.replace(/^location .* of (?=server )/, '');
  const locations = blocksOf(block, 'location').flatMap((location) =>
    placesIn(location, 'location', `location ${location.parameters.join(' ')} of ${server}`, here, folder),
  );
  return [{ name, kind, directives: inside, ...here, isInternal }, ...locations];
}

function inherit(above: Inherited, block: readonly Directive[], folder: string): Inherited {
  const access = block.find(({ name }) => /^access_by_lua(_block|_file)?$/.test(name));
  const filter = block.find(({ name }) => /^header_filter_by_lua(_block|_file)?$/.test(name));
  const off = block.findLast(({ name, parameters: [variable] }) => name === 'set' && variable === OFF);
  return {
    access: access ? ownerOf(access, folder) : above.access,
    isGuarded: filter ? ownerOf(filter, folder) !== 'other' : above.isGuarded,
    isOff: off ? off.parameters[1] === '1' : above.isOff,
  };
}

const OFF = '$crowdsec_disable_bouncer';

function ownerOf({ file, lua = '', parameters }: Directive, folder: string): Place['access'] {
  if (file.startsWith(`${folder}/`)) return 'ours';
  return `${lua} ${parameters.join(' ')}`.includes(`${folder}/crowdsec.lua`) ? 'calls ours' : 'other';
}

function blocksOf(block: readonly Directive[], name: string): Directive[] {
  return block.filter((one) => one.name === name && one.block !== undefined);
}

/** True for a directive by which NGINX answers in the rewrite phase, with something that is worth having. */
export function answersAtOnce({ name, parameters }: Directive): boolean {
  const [first = '', second = '', flag] = parameters;
  if (name === 'rewrite') return flag === 'redirect' || flag === 'permanent' || /^(https?:|\$scheme)/.test(second);
  if (name !== 'return') return false;
  // Refuses everybody: there is nothing to keep from anybody.
  return !/^4\d\d$/.test(first) || (second !== '' && first !== '444');
}
