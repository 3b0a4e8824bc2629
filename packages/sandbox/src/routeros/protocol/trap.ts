/** A command failed: becomes `!trap` with this message (and category), followed by `!done`. Texts: reference of the RouterOS manual. */
export class Trap extends Error {
  /** 0 missing item or command, 1 argument value, 2 interrupted, 4 general failure, 5 API failure. The router often leaves it out. */
  readonly category: number | undefined;

  constructor(message: string, category?: number) {
    super(message);
    this.category = category;
  }
}

/** Traps that several menus share, each with the router's own words. */
export const traps = {
  noSuchItem: () => new Trap('no such item', 0),
  duplicate: () => new Trap('failure: already have such entry'),
  notADnsName: (text: string) => new Trap(`failure: ${text} is not a valid dns name`),
  outOfRange: (name: string, range: string) => new Trap(`value of ${name} is out of range (${range})`),
  invalidValue: (name: string) => new Trap(`invalid value for argument ${name}`, 1),
  noMatch: (name: string) => new Trap(`input does not match any value of ${name}`, 1),
  unknownParameter: (name: string) => new Trap(`unknown parameter ${name}`),
  missing: (name: string) => new Trap(`missing =${name}=`),
  noPermission: () => new Trap('not enough permissions (9)'),
  builtin: () => new Trap('failure: cannot change builtin'),
  interrupted: () => new Trap('interrupted', 2),
} as const;
