import { clearMergeCache, countTokens, setMergeCacheSize } from 'gpt-tokenizer/encoding/o200k_base';
import type { TokenCounter } from './count.ts';

// The library merges pairs in time quadratic in the length of one piece (a run of letters, of punctuation or of white
// space): 100 kB of one letter would take minutes. Longer runs are counted in slices of this many UTF-16 units.
const LONGEST_RUN = 600;
const LONG_RUN = new RegExp(
  `[\\p{L}\\p{M}]{${String(LONGEST_RUN)},}|[^\\s\\p{L}\\p{N}]{${String(LONGEST_RUN)},}|\\s{${String(LONGEST_RUN)},}`,
  'gu',
);

// Control tokens in a text are counted as the text they are; with the library's default it throws.
const AS_TEXT = { disallowedSpecial: new Set<string>() };

// Its default of 100,000 remembered pieces can hold on to very long texts.
setMergeCacheSize(20_000);

/** Counts with OpenAI's o200k encoding (gpt-4o, gpt-4.1 and later). */
export const o200k: TokenCounter = {
  count(text) {
    if (text.length < LONGEST_RUN) return { tokens: countTokens(text, AS_TEXT), estimated: false };
    let tokens = 0;
    let from = 0;
    let estimated = false;
    for (const match of text.matchAll(LONG_RUN)) {
      const end = match.index + match[0].length;
      tokens += countTokens(text.slice(from, match.index), AS_TEXT);
      for (let at = match.index; at < end;) {
        let next = Math.min(at + LONGEST_RUN, end);
        const last = text.charCodeAt(next - 1);
        if (next < end && last >= 0xd800 && last <= 0xdbff) next += 1;
        tokens += countTokens(text.slice(at, next), AS_TEXT);
        at = next;
      }
      from = end;
      estimated = true;
    }
    return { tokens: tokens + countTokens(text.slice(from), AS_TEXT), estimated };
  },
  reset() {
    clearMergeCache();
  },
};
