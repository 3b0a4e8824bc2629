/** The rules that `setup` offers. */
export interface RuleOffer {
  /** Interfaces by name or description, or `floating` alone: one rule before those of all interfaces. */
  readonly interfaces: readonly string[];
  /** Whether what goes out to a banned address is blocked as well. */
  readonly direction: 'in' | 'both';
  readonly log: boolean;
  /** Above or below the rules that are there. */
  readonly position: 'top' | 'bottom';
}

/** The rules that nobody has asked to be otherwise. */
export const USUAL_OFFER: RuleOffer = { interfaces: ['wan'], direction: 'in', log: false, position: 'top' };

/** How a firewall's menus call what a rule needs. */
interface RuleWords {
  /** `Address Family IPv4+IPv6, Protocol any` */
  readonly family: string;
  /** How the list is named as a side of the rule: `"Address or Alias" crowdsec_blacklists`. */
  readonly list: string;
  readonly save: string;
}

/** How pfSense's menus call it. */
export function pfSenseWords(alias: string): RuleWords {
  const family = 'Address Family IPv4+IPv6, Protocol any';
  return { family, list: `"Address or Alias" ${alias}`, save: 'Save, Apply Changes.' };
}

/** The rules of an offer as steps in the menus of a firewall, one line each. */
export function ruleSteps({ interfaces, direction, log, position }: RuleOffer, words: RuleWords): string[] {
  const { family, list, save } = words;
  const isFloating = interfaces[0] === 'floating';
  const named = interfaces.map((name) => (name === name.toLowerCase() ? name.toUpperCase() : name));
  const add = position === 'top' ? 'Add (to the top)' : 'Add (to the end)';
  const more = `${log ? ', Log on' : ''}, Description CrowdSec. ${save}`;
  const floating = (way: 'in' | 'out'): string =>
    `Firewall > Rules > Floating > ${add}: Action Block, Quick on, Interface ${isFloating ? 'none selected (all)' : named.join(' and ')}, Direction ${way}, ${family}, ${
      way === 'in' ? `Source ${list}, Destination any` : `Source any, Destination ${list}`
    }${more}`;
  const incoming = isFloating
    ? [floating('in')]
    : named.map(
        (name) =>
          `Firewall > Rules > ${name} > ${add}: Action Block, ${family}, Source ${list}, Destination any${more}`,
      );
  return direction === 'both' ? [...incoming, floating('out')] : incoming;
}
