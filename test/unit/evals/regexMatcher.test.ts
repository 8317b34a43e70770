import { afterEach, expect, it } from 'vitest';
import { RegexMatcher } from '../../../src/evals/regexMatcher.ts';

let matcher: RegexMatcher | null = null;
afterEach(() => {
  matcher?.dispose();
});

it('finds a pattern, one text after the other', async () => {
  const patient = new RegexMatcher(20_000);
  matcher = patient;
  expect(
    await Promise.all(['yes', 'No', 'YES, of course'].map((text) => patient.matches('^yes\\b', 'i', text))),
  ).toEqual([true, false, true]);
});

it('gives up a pattern that does not end, and goes on with the next text', async () => {
  matcher = new RegexMatcher(1500);
  const endless = matcher.matches('^(a+)+$', '', `${'a'.repeat(60)}!`);
  const next = matcher.matches('^b', '', 'b');
  expect(await endless).toBeNull();
  expect(await next).toBe(true);
});

it('answers what waits when it is closed', async () => {
  matcher = new RegexMatcher();
  const waiting = [matcher.matches('^(a+)+$', '', `${'a'.repeat(60)}!`), matcher.matches('x', '', 'x')];
  matcher.dispose();
  expect(await Promise.all(waiting)).toEqual([null, null]);
});
