/** What config.xml says of the rules with our alias, for the case that pf has none of them. */
export interface Configured {
  /** Block rules that are switched on. */
  readonly enabled: number;
  /** Those of them that a schedule switches off at times. */
  readonly scheduled: number;
  readonly disabled: number;
  /** Rules that let through what is in the alias. */
  readonly pass: number;
}

/** Sorts blocks of `<rule>` elements that name the alias. */
export function sortConfigured(blocks: readonly string[]): Configured {
  const rules = blocks.filter((block) => /<type>(block|reject|pass|match)<\/type>/.test(block));
  const isOff = (block: string): boolean => /<disabled[ />]/.test(block);
  const stops = rules.filter((block) => /<type>(block|reject)</.test(block));
  const live = stops.filter((block) => !isOff(block));
  return {
    enabled: live.length,
    scheduled: live.filter((block) => /<sched>(?!<)[^<]*\S|<sched><!\[CDATA\[[^\]]/.test(block)).length,
    disabled: stops.filter(isOff).length,
    pass: rules.filter((block) => /<type>pass</.test(block) && !isOff(block)).length,
  };
}
