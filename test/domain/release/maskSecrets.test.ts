import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createSecretMask } from '../../../src/domain/release/maskSecrets.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const hex = (text: string): string => Buffer.from(text).toString('hex');
const masked = (secrets: readonly string[], parts: readonly string[]): string => {
  const mask = createSecretMask(secrets, { base64, hex });
  return parts.map((part) => mask.push(part)).join('') + mask.end();
};

const SECRET = 'p@ss/wörd+"1 2&3';

describe('a secret in a log', () => {
  const forms: readonly (readonly [string, string])[] = [
    ['as it is', SECRET],
    ['in base64', base64(SECRET)],
    ['in base64 behind a user name', base64(`user:${SECRET}`)],
    ['in base64 behind another one', base64(`me:${SECRET}:you`)],
    ['in base64 for addresses', Buffer.from(`a:${SECRET}`).toString('base64url')],
    ['in hexadecimal', hex(`user:${SECRET}`)],
    ['in hexadecimal of capitals', hex(SECRET).toUpperCase()],
    ['URL-encoded', encodeURIComponent(SECRET)],
    ['URL-encoded in small letters', encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase())],
    ['in JSON', JSON.stringify({ token: SECRET })],
    ['broken into lines', [...SECRET].join('\n')],
    ['in base64 broken into lines', base64(`xx${SECRET}`).replace(/(.{6})/g, '$1\r\n')],
  ];
  for (const [how, text] of forms) {
    it(`is masked ${how}, however the output is cut`, () => {
      const whole = `before ${text} after`;
      for (let cut = 0; cut <= whole.length; cut += 1) {
        const shown = masked([SECRET], [whole.slice(0, cut), whole.slice(cut)]);
        assert.match(shown, /\*\*\*/, `cut at ${cut}: ${shown}`);
        for (const piece of ['p@ss/w', 'rd+"1 2&3', text.slice(4, -4)])
          assert.ok(!shown.includes(piece), `cut at ${cut}: ${shown}`);
      }
    });
  }

  /** What encoders of other languages make of it: each leaves other characters alone. */
  const others: readonly (readonly [string, string, string])[] = [
    ['quote of Python', 'pa$$w(rd)/2026!*', 'pa%24%24w%28rd%29/2026%21%2A'],
    ['quote of Python, without an exception', 'pa$$w(rd)/2026!*', 'pa%24%24w%28rd%29%2F2026%21%2A'],
    ['urlencode of Python', 'pa ss(rd)~2026!', 'token=pa+ss%28rd%29~2026%21'],
    ['URLSearchParams', 'pa$$w(rd)/2026!~', new URLSearchParams({ token: 'pa$$w(rd)/2026!~' }).toString()],
    ['a password of an address', 'pa$$w(rd)/2026!', 'https://u:pa$$w(rd)%2F2026!@host/'],
    ['encodeURI', 'pa$$ w(rd)/2026!', encodeURI('pa$$ w(rd)/2026!')],
    ['json.dumps of Python', 'Zürich-geheim-ß9', '"Z\\u00fcrich-geheim-\\u00df9"'],
    ['capitals of JSON', 'Zürich-geheim-ß9', '"Z\\u00FCrich-geheim-\\u00DF9"'],
    ['JSON of pairs', 'key😀key12345', '"key\\ud83d\\ude00key12345"'],
    ['JSON of Go', 'a<b>&c+d=12345', '"a\\u003cb\\u003e\\u0026c+d=12345"'],
    ['JSON of PHP', 'a/b/c"12345\\6', '"a\\/b\\/c\\"12345\\\\6"'],
    ['a row of backslashes', 'a\\\\b-1234567', '%61%5c%5Cb-1234567'],
  ];
  for (const [how, secret, text] of others)
    it(`is masked as ${how} writes it, however the output is cut`, () => {
      for (let cut = 0; cut <= text.length; cut += 1) {
        const shown = masked([secret], [text.slice(0, cut), text.slice(cut)]);
        assert.match(shown, /\*\*\*/, `cut at ${cut}: ${shown}`);
        assert.ok(!shown.includes(text.slice(-9, -4)), `cut at ${cut}: ${shown}`);
      }
      assert.match(masked([secret], [[...text].join('\n')]), /\*\*\*/);
    });

  it('is looked for without end in nothing that a command prints', { timeout: 20_000 }, () => {
    for (const unit of ['\\', '%', '%25', '\\u005c', ' ', '+', '\n']) {
      const printed = unit.repeat(2_000);
      assert.equal(masked([`${unit.repeat(30)}end-12345`], [printed]), printed);
    }
  });

  it('is masked line by line where it has several', () => {
    const key = '-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----';
    assert.doesNotMatch(masked([key], ['first: hkiG9w0BAQEFAASC\n', '2 MIIEvQIBADANBgkq']), /hkiG|MIIE/);
  });

  it('leaves everything else as it was written', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 40 }), { maxLength: 8 }), (parts) => {
        assert.equal(masked(['a secret that is not there'], parts), parts.join(''));
      }),
    );
    assert.equal(masked([], ['a', 'b']), 'ab');
  });

  it('does not survive in any cut of a random secret', () => {
    const secrets = fc.string({ unit: fc.constantFrom(...'abcXYZ019+/=&% "'), minLength: 10, maxLength: 30 });
    fc.assert(
      fc.property(
        secrets.filter((one) => one.trim().length >= 10),
        fc.array(fc.nat(60), { maxLength: 5 }),
        (secret, cuts) => {
          const whole = `x ${secret} y ${base64(`u:${secret}`)} z`;
          const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length];
          const shown = masked(
            [secret],
            at.slice(1).map((end, index) => whole.slice(at[index], end)),
          );
          assert.ok(!shown.includes(secret.trim()), shown);
        },
      ),
    );
  });
});
