import { randomBytes } from 'node:crypto';
import { html, Html } from './html.ts';
import { pageIcon, pageStyle } from './page-style.ts';
import { page } from './reply.ts';
import type { Reply } from './reply.ts';
import type { StatusSource } from './status-source.ts';

/**
 * The way in where a token is set: a form that needs no script. It names the connector and tells nothing else. A page for
 * people is no failure: browsers complain about every 401.
 */
export function loginPage({ title }: Pick<StatusSource, 'title'>, isWrong: boolean): Reply {
  const nonce = randomBytes(16).toString('base64');
  const body = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} bouncer: sign in</title>
        <link rel="icon" href="${pageIcon}" />
        <style nonce="${nonce}">
          ${new Html(pageStyle)}
        </style>
      </head>
      <body>
        <main class="narrow">
          <h1>${title}</h1>
          <p class="soft">CrowdSec bouncer</p>
          <section class="wide">
            <form method="post" action="login">
              <label for="token">Token</label>
              <input
                id="token"
                name="token"
                type="password"
                autocomplete="current-password"
                maxlength="512"
                required
                autofocus
                ${isWrong && new Html('aria-describedby="wrong" aria-invalid="true"')}
              />
              <button>Sign in</button>
              ${isWrong && html`<p id="wrong" class="bad" role="alert">This is not the token of this connector.</p>`}
            </form>
            <p class="soft">It is what HTTP_TOKEN holds.</p>
          </section>
        </main>
      </body>
    </html> `.text;
  return page(body, `style-src 'nonce-${nonce}'; img-src data:`);
}
