import { normalise, rowOf, type DataRow } from './row.ts';
import { differOnlyInNumbers, jaccard, shingleSet } from './shingles.ts';
import { nearThreshold } from './thresholds.ts';

export type NearPart = 'whole' | 'prompt';

/** A row and an earlier one (or one of the other file) that are probably nearly the same in one part. */
export interface NearPair {
  readonly line: number;
  readonly other: number;
  readonly part: NearPart;
}

export interface VerifiedPair extends NearPair {
  /** Exact Jaccard similarity of the shingle sets, 0…1. */
  readonly similarity: number;
}

/** Gives a line's text again; null when it is not there any more. */
export type LineLoader = (line: number) => string | null | Promise<string | null>;

interface Compared {
  readonly row: DataRow;
  readonly text: string;
  readonly set: Uint32Array;
}

/** Sets kept at once; pairs come in the file's order and look back at few rows. */
const MAX_KEPT = 256;

/** Reads the two texts of every pair again and keeps those that are really alike: `threshold`, or what `nearThreshold` says. */
export async function verifyPairs(
  pairs: readonly NearPair[],
  loadLine: LineLoader,
  loadOther: LineLoader,
  threshold?: number,
  signal?: AbortSignal,
): Promise<readonly VerifiedPair[]> {
  const kept = new Map<string, Compared | null>();
  const compared = async (from: LineLoader, side: string, line: number, part: NearPart): Promise<Compared | null> => {
    const key = `${side}${part}${String(line)}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const row = rowOf((await from(line)) ?? '');
    const text = row === null ? null : part === 'whole' ? row.wholeText : row.promptText;
    const value = row === null || text === null ? null : { row, text, set: shingleSet(text) };
    if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value ?? '');
    kept.set(key, value);
    return value;
  };
  const sides = loadLine === loadOther ? (['', ''] as const) : (['a', 'b'] as const);
  const verified: VerifiedPair[] = [];
  for (const pair of pairs) {
    signal?.throwIfAborted();
    const a = await compared(loadLine, sides[0], pair.line, pair.part);
    const b = await compared(loadOther, sides[1], pair.other, pair.part);
    if (a === null || b === null || !sameAnswer(a.row, b.row) || differOnlyInNumbers(a.text, b.text)) continue;
    const similarity = jaccard(a.set, b.set);
    if (similarity >= (threshold ?? nearThreshold(a.text, b.text))) verified.push({ ...pair, similarity });
  }
  return verified;
}

/** Answers shorter than this are a label or a number: they are the same, or they are not. */
const SHORT_ANSWER = 60;

/**
 * Two products of one maker may be described in the same words and have different prices: nearly equal questions with
 * different short answers are different examples. Long answers are compared as part of the text.
 */
function sameAnswer(a: DataRow, b: DataRow): boolean {
  if (a.answer === b.answer) return true;
  const [left, right] = [normalise(a.answerText), normalise(b.answerText)];
  if (left === '' && right === '') return false;
  return left === right || (left.length >= SHORT_ANSWER && right.length >= SHORT_ANSWER);
}
