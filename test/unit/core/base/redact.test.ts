import { describe, expect, it } from 'vitest';
import { redact } from '../../../../src/core/base/redact.ts';

const GONE = '[redacted]';

describe('a redactor', () => {
  it.each([
    ['Bearer   abcdefghij', `Bearer ${GONE}`],
    ['api key: abcd1234', `api key: ${GONE}`],
    ['apikey=abcd1234', `apikey=${GONE}`],
    ['api_key=abcd1234', `api_key=${GONE}`],
    ['X-Api-Key: abcd1234', `X-Api-Key: ${GONE}`],
    ['access token=abcd1234', 'access token=abcd1234'],
    ['access_token=abcd1234', `access_token=${GONE}`],
    ['accesstoken=abcd1234', `accesstoken=${GONE}`],
    ['password  =  "abcd1234"', `password  =  "${GONE}"`],
    ['secret: abcd1234; next', `secret: ${GONE}; next`],
    ['the secret-keeper: abcd1234 is a word', 'the secret-keeper: abcd1234 is a word'],
    ['cookie: abc', 'cookie: abc'],
    ['http://user:pass@127.0.0.1/', `http://${GONE}@127.0.0.1/`],
    ['https://user:pass@example.com/', `https://${GONE}@example.com/`],
    ['authorization: Bearer abcdef123', `authorization: Bearer ${GONE}`],
    ['rk-abcdef', GONE],
    ['pk-abcdef', GONE],
    ['sk-abcde', 'sk-abcde'],
    ['Basic dXNlcjpwYXNz', `Basic ${GONE}`],
  ])('%s → %s', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it('takes out known secrets of eight characters and more, and leaves words that happen to be short secrets', () => {
    expect(redact('12345678 and 1234567', ['12345678', '1234567'])).toBe(`${GONE} and 1234567`);
    expect(redact('a12345678a12345678', ['12345678'])).toBe(`a${GONE}a${GONE}`);
    expect(redact('nothing undefined null', [undefined, null, ''])).toBe('nothing undefined null');
    expect(redact('Stryker was here')).toBe('Stryker was here');
  });

  it('finds what it takes out with blanks and signs around it', () => {
    expect(redact('(sk-abcdefgh)')).toBe(`(${GONE})`);
    expect(redact('a=1; b=2')).toBe('a=1; b=2');
    expect(redact('/x?a=secretvalue&b[c]=other#top')).toBe(`/x?a=${GONE}&b[c]=${GONE}#top`);
    expect(redact(`run ${'ab'.repeat(20)} end`)).toBe(`run ${GONE} end`);
    expect(redact(`run ${'ab'.repeat(21)} end`)).toBe(`run ${'ab'.repeat(21)} end`);
  });
});
