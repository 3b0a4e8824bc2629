import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Router } from '../device/router.ts';
import { versionAtLeast } from '../device/version.ts';
import type { RouterUser } from '../device/options.ts';
import { textOfWord } from '../protocol/codec.ts';
import type { Request } from '../protocol/request.ts';
import { Trap } from '../protocol/trap.ts';

/** `/login` of one connection. */
export class Login {
  readonly #router: Router;
  readonly #byChallenge: boolean;
  #challenge: Buffer | undefined;

  constructor(router: Router, challengeLogin: boolean | undefined) {
    this.#router = router;
    this.#byChallenge = challengeLogin ?? !versionAtLeast(router.version, '6.43');
  }

  /**
   * The user who is in now, or the challenge to answer (32 hex digits): an old router gives that to any `/login` without
   * a response, also to one with a plain password. Throws the router's trap; a user without the `api` policy gets the same one.
   */
  attempt(request: Request): { readonly user: RouterUser } | { readonly challenge: string } {
    const name = request.attributes.get('name');
    const response = request.attributes.get('response');
    if (this.#byChallenge && response === undefined) {
      this.#challenge = randomBytes(16);
      return { challenge: this.#challenge.toString('hex') };
    }
    const user = this.#router.users.find((one) => one.name === textOfWord(name ?? ''));
    const good = user && (this.#byChallenge ? this.#answers(user, response) : gavePassword(request, user));
    this.#challenge = undefined;
    if (!user || !good || !user.policies.includes('api')) throw this.#refusal();
    return { user };
  }

  #answers(user: RouterUser, response: string | undefined): boolean {
    if (!this.#challenge) return false;
    const digest = createHash('md5')
      .update(Buffer.of(0))
      .update(user.password, 'utf8')
      .update(this.#challenge)
      .digest();
    const given = Buffer.from(response ?? '', 'latin1');
    const wanted = Buffer.from(`00${digest.toString('hex')}`, 'latin1');
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  #refusal(): Trap {
    const text = this.#byChallenge ? 'cannot log in' : 'invalid user name or password (6)';
    return new Trap(text);
  }
}

function gavePassword(request: Request, user: RouterUser): boolean {
  return textOfWord(request.attributes.get('password') ?? '') === user.password;
}
