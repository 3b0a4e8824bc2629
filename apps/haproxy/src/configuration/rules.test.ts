import { describe, expect, it } from 'vitest';
import type { Acl } from '../answers.ts';
import { judgeRules } from './rules.ts';

const FILE = '/etc/haproxy/haproxy.cfg';
const inline = '{ src -f /a.acl }';

/** Judges a frontend with these lines; HAProxy tells every line that names the file. */
function judge(lines: readonly string[], more = ''): { level: string; seen: string } {
  const text = ['global', 'frontend web', '    bind :80', ...lines.map((line) => `    ${line}`), more].join('\n');
  const uses = text.split('\n').flatMap((line, index) => {
    return line.includes('-f /a.acl') ? [{ file: FILE, line: index + 1 }] : [];
  });
  const acl: Acl = { id: '#0', name: '/a.acl', entries: 0, uses };
  return judgeRules(acl, (file) => (file === FILE ? text : undefined));
}

describe('a rule that stops banned clients', () => {
  it.each([
    [[`http-request deny if ${inline}`]],
    [[`http-request deny deny_status 429 if ${inline} # comment`]],
    [['acl bad src -f /a.acl', 'http-request tarpit if bad']],
    [[`tcp-request connection reject if ${inline}`, 'http-request return status 200']],
    [['tcp-request connection accept if { src 10.0.0.1 }', `http-request silent-drop if ${inline}`]],
    [['http-request set-src req.hdr(x-forwarded-for)', `http-request deny if ${inline}`, 'http-request allow']],
  ])('is seen: %j', (lines) => {
    expect(judge(lines)).toMatchObject({ level: 'ok', seen: expect.stringContaining('web') as string });
  });
});

describe('a rule that stops nobody, or not all', () => {
  it.each([
    [['acl bad src -f /a.acl'], 'fail', /no rule looks/],
    [[`http-request set-header x-bad 1 if ${inline}`], 'fail', /no block/],
    [[`http-request deny if ${inline} { path /admin }`], 'fail', /more than the ACL/],
    [['acl bad src -f /a.acl', 'http-request deny if !bad'], 'fail', /more than the ACL/],
    [['acl bad src -f /a.acl', 'http-request deny if bad other'], 'fail', /more than the ACL/],
    [[`http-request deny unless ${inline}`], 'fail', /does not say/],
    [['http-request return status 200', `http-request deny if ${inline}`], 'fail', /decides before/],
    [['http-request allow if { path /x }', `http-request deny if ${inline}`], 'warn', /lets through/],
    [['http-request deny if { req.hdr_ip(x) -f /a.acl }'], 'warn', /not src/],
  ])('is named: %j', (lines, level, seen) => {
    expect(judge(lines)).toMatchObject({ level, seen: expect.stringMatching(seen) as string });
  });

  it('and a frontend without one as well', () => {
    const { level, seen } = judge([`http-request deny if ${inline}`], 'frontend other\n    bind :81');
    expect([level, seen]).toEqual(['warn', 'frontend other: no rule looks clients up in the ACL']);
  });
});

describe('what cannot be read', () => {
  it('is told, and is no verdict', () => {
    const acl = { id: '#0', name: '/a.acl', entries: 0, uses: [{ file: FILE, line: 5 }] };
    expect(judgeRules(acl, () => undefined)).toMatchObject({ level: 'unseen' });
    // The file of another HAProxy: there is no rule where this one says.
    expect(judgeRules(acl, () => 'frontend x\n  bind :80\n  mode http\n\n\n')).toMatchObject({ level: 'unseen' });
    expect(judgeRules({ ...acl, uses: [] }, () => undefined)).toMatchObject({ level: 'fail' });
  });
});
