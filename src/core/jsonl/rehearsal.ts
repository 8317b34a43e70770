// Lines for the compiler of JavaScript. Compiled code knows only the branches that were taken before; the first sign of another kind throws it
// away, and prose has rare signs enough that this happened ten times in a file, for an eighth of the time of its first 150 MB. So
// every kind of sign is met early, once.

/* eslint-disable tuning-fork/translated -- nobody reads these lines */

/** What `quickScan.ts` tells apart: what only resembles keys, tokens and addresses, each escape, characters of each size. */
const SIGNS = [
  ' a|b  x@ y a @b \\n@b',
  'k- task-list xo12-a xo-- ---a -- --a',
  'ff_a fk_a kk_a bb_a ub_a hub_a ha_a aa_a a_',
  'AIa BIa SIa SIAb xSIA AK AKa AKIb aJ yJ bJ sk sa xo xox',
  '\\n \\t\\\\ \\" \\/ \\r \\u00e9 \\u2014 \\ud83d\\ude00 \\nabla',
  '\u00e9 \u2014 \u{1f600} \ue000 \u0100a',
  'and the rest is plain text of letters, enough for sixteen bytes at once. ',
].join(' ');

const row = (system: string, user: string, answer: string): Uint8Array => {
  const message = (role: string, content: string): string => `{"role": "${role}", "content": "${content}"}`;
  const messages = [message('system', system), message('user', user), message('assistant', answer)];
  return new TextEncoder().encode(`{"messages": [${messages.join(', ')}]}`);
};

/** Good lines, to be scanned one after the other. Signs stand at even and at odd places. */
export const REHEARSAL: readonly Uint8Array[] = ['Answer.', 'Answer.', 'Answer.', 'Answer shortly.', 'Answer.'].flatMap(
  (system) => [row(system, SIGNS, 'Price is $7.00'), row(system, `q${SIGNS}${SIGNS}`, 'Price is $11.00')],
);
