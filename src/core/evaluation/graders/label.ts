import { ungradable } from './number.ts';
import type { GraderParams, RowParts } from './rowParts.ts';
import { comparable, replyTextOf, truthTextOf } from './stringCheck.ts';

/**
 * Label that a reply gives: the reply itself, or the only label that occurs in it as a whole word (of labels within each other the
 * longest). Null where it gives none, or several.
 */
export function labelIn(reply: string, labels: readonly string[], ignoreCase: boolean): string | null {
  // Models like to end with a period, and to quote.
  const bare = comparable(reply, ignoreCase).replace(/^[\s"'`*]+|[\s"'`*.!]+$/g, '');
  const same = labels.find(
    (label) => comparable(label, ignoreCase) === bare || comparable(label, ignoreCase) === reply.trim(),
  );
  if (same !== undefined) return same;
  const text = comparable(reply, ignoreCase);
  let rest = text;
  const found: string[] = [];
  for (const label of [...labels].sort((a, b) => b.length - a.length)) {
    const wanted = comparable(label, ignoreCase);
    const without = removeWord(rest, wanted);
    if (without === rest) continue;
    rest = without;
    found.push(label);
  }
  return found.length === 1 ? (found[0] ?? null) : null;
}

/** The text without the word, which no letter or digit touches. */
function removeWord(text: string, word: string): string {
  let from = 0;
  let rest = '';
  for (;;) {
    const at = text.indexOf(word, from);
    if (at === -1 || word === '') return rest + text.slice(from);
    const end = at + word.length;
    const isWhole = !touches(text.slice(0, at), 'end') && !touches(text.slice(end), 'start');
    rest += text.slice(from, at) + (isWhole ? ' \u0000 ' : word);
    from = end;
  }
}

function touches(text: string, side: 'start' | 'end'): boolean {
  return side === 'start' ? /^[\p{L}\p{N}_]/u.test(text) : /[\p{L}\p{N}_]$/u.test(text);
}

/** Grades by the label in the reply. A reply without one label is its own class, as a reply without a number is. */
export function gradeLabel(params: GraderParams): RowParts {
  const { options } = params;
  const truth = truthTextOf(params);
  if (truth === '') return ungradable(params.truth);
  const ignoreCase = options?.ignoreCase === true;
  const labels = options?.labels ?? [truth];
  const expected = labels.find((label) => comparable(label, ignoreCase) === comparable(truth, ignoreCase)) ?? truth;
  const guess = labelIn(replyTextOf(params), labels, ignoreCase);
  if (guess === null) return { status: 'no-number', guess: null, truth: expected, error: null, colour: 'red' };
  return { status: 'graded', guess, truth: expected, error: null, colour: guess === expected ? 'green' : 'red' };
}
