// Decides which rows are nearly the same: the candidates of `nearIndex.ts` are read again and compared shingle by shingle
// (`nearness`, with the numbers of `thresholds.ts`). Duplicates, leakage and splits go by this and by nothing else.
import type { Units } from '../comparable.ts';
import { createRowReader, normalize, unitsOfRow, type DataRow } from '../row.ts';
import { jaccard, shingleSet } from './shingles.ts';
import { nearThreshold, SHORT_ANSWER } from './thresholds.ts';

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

/** Reads a line's text again; null when it no longer exists. */
export type LineLoader = (line: number) => string | null | Promise<string | null>;

/** Figures of a text that a comparison needs, without the text. */
interface Compared {
  readonly answer: number | null;
  /** Normalized answer; null for an answer that is not short. */
  readonly shortAnswer: string | null;
  /** Length of the text in UTF-16 units. */
  readonly length: number;
  /** Hashes of the text and of the text with every number the same. */
  readonly hash: number;
  readonly numberless: number;
  readonly set: Uint32Array;
  /** Hash of what is in neither text; 0 when there is nothing. */
  readonly others: number;
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
  const read = createRowReader();
  const compared = async (from: LineLoader, side: string, line: number, part: NearPart): Promise<Compared | null> => {
    const key = `${side}${part}${String(line)}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const text = await from(line);
    const row = text === null ? null : read(text);
    const value = row === null ? null : comparedOf(row, part);
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
    if (a === null || b === null) continue;
    const similarity = nearness(a, b, threshold);
    if (similarity !== null) verified.push({ ...pair, similarity });
  }
  return verified;
}

/** The decision: how much alike two texts are, 0…1; null when they are not nearly the same. */
function nearness(a: Compared, b: Compared, threshold: number | undefined): number | null {
  // Texts say nothing of images, calls and what is not understood: those have to be the same.
  if (a.others !== b.others || !sameAnswer(a, b) || differOnlyInNumbers(a, b)) return null;
  const similarity = jaccard(a.set, b.set);
  return similarity >= (threshold ?? nearThreshold(a, b)) ? similarity : null;
}

function comparedOf(row: DataRow, part: NearPart): Compared {
  const answer = normalize(row.answerText);
  const text = unitsOfRow(row, part);
  return {
    answer: row.answer,
    shortAnswer: answer.length < SHORT_ANSWER ? answer : null,
    length: text.length,
    ...hashesOf(text),
    set: shingleSet(text),
    others: row.others?.[part] ?? 0,
  };
}

/**
 * Two products of one maker may be described in the same words and have different prices: nearly equal questions with
 * different short answers are different examples. Long answers are compared as part of the text.
 */
function sameAnswer(a: Compared, b: Compared): boolean {
  return a.answer === b.answer || (a.shortAnswer === b.shortAnswer && a.shortAnswer !== '');
}

/** Rows of one template with other numbers are other questions, however much they look alike. */
function differOnlyInNumbers(a: Compared, b: Compared): boolean {
  return a.hash !== b.hash && a.numberless === b.numberless;
}

/** Hashes that tell texts apart, not against an adversary. */
function hashesOf({ units, length }: Units): Pick<Compared, 'hash' | 'numberless'> {
  let hash = 0;
  let high = 0;
  let numberless = 0;
  let numberlessHigh = 0;
  let inNumber = false;
  for (let i = 0; i < length; i += 1) {
    const unit = units[i] as number;
    hash = Math.imul(hash ^ unit, 0x9e3779b1);
    hash ^= hash >>> 15;
    high = Math.imul(high + unit, 0x85ebca6b) + (hash >>> 16);
    const digit = unit >= 0x30 && unit <= 0x39;
    if (digit && inNumber) continue;
    inNumber = digit;
    const sign = digit ? 0x30 : unit;
    numberless = Math.imul(numberless ^ sign, 0x9e3779b1);
    numberless ^= numberless >>> 15;
    numberlessHigh = Math.imul(numberlessHigh + sign, 0x85ebca6b) + (numberless >>> 16);
  }
  const together = (low: number, top: number): number => (top & 0x1fffff) * 4294967296 + (low >>> 0);
  return { hash: together(hash, high), numberless: together(numberless, numberlessHigh) };
}
