/** Which firewalls were seen by which of our targets: two names may stand for one. */
export class Twins {
  readonly #names = new Map<string, string>();

  /** Takes what tells a firewall from others. The name of another target that has it as well; undefined when there is none. */
  note(name: string, identity: string): string | undefined {
    const first = this.#names.get(identity);
    if (first === undefined) this.#names.set(identity, name);
    return first === name ? undefined : first;
  }
}
