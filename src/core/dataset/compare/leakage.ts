import { t } from '../../base/messages.ts';
import { bestPairs, percentage } from './duplicates.ts';
import type { Finding } from '../finding.ts';
import { createNearIndex } from './near/nearIndex.ts';
import { NumberTable } from './numberTable.ts';
import { unitsOfRow, type DataRow } from './row.ts';
import { severityOf } from '../check/ruleTable.ts';
import { MIN_NEAR_LENGTH } from './near/thresholds.ts';
import { verifyPairs, type LineLoader, type NearPair } from './near/verify.ts';

export type LeakageCode = 'leakage-exact' | 'leakage-prompt' | 'leakage-near';

/** Row of the checked file that the other file contains too. */
export interface Leak {
  readonly line: number;
  readonly code: LeakageCode;
  /** Line of the other file. */
  readonly other: number;
  /** 1 for all but `leakage-near`. */
  readonly similarity: number;
}

export interface LeakageOptions {
  /** Default true. */
  readonly near?: boolean;
  /** Default: `nearThreshold` of each pair. */
  readonly threshold?: number;
}

/** First every row of the other file, then every row of the checked one; keeps hashes and sketches of the other file. */
export interface LeakageFinder {
  other(line: number, row: DataRow): void;
  check(line: number, row: DataRow): void;
  /** Returns the strongest leak of each row, in the file's order. */
  finish(loadChecked: LineLoader, loadOther: LineLoader, signal?: AbortSignal): Promise<readonly Leak[]>;
}

export function createLeakageFinder(options: LeakageOptions = {}): LeakageFinder {
  const { threshold } = options;
  const parts =
    options.near === false
      ? []
      : (['whole', 'prompt'] as const).map((part) => ({ part, index: createNearIndex(threshold) }));
  const exact = new NumberTable();
  const prompts = new NumberTable();
  const leaks: Leak[] = [];
  const pairs: NearPair[] = [];
  return {
    other(line, row) {
      if (exact.get(row.exact) !== -1) return;
      exact.set(row.exact, line);
      if (row.prompt !== null && prompts.get(row.prompt) === -1) prompts.set(row.prompt, line);
      for (const { part, index } of parts) {
        const text = unitsOfRow(row, part);
        if (text.length >= MIN_NEAR_LENGTH) index.add(line, text);
      }
    },
    check(line, row) {
      const same = exact.get(row.exact);
      if (same !== -1) {
        leaks.push({ line, code: 'leakage-exact', other: same, similarity: 1 });
        return;
      }
      const asked = row.prompt === null ? -1 : prompts.get(row.prompt);
      if (asked !== -1) {
        leaks.push({ line, code: 'leakage-prompt', other: asked, similarity: 1 });
        return;
      }
      for (const { part, index } of parts) {
        const text = unitsOfRow(row, part);
        if (text.length < MIN_NEAR_LENGTH) continue;
        for (const candidate of index.candidates(text)) pairs.push({ line, other: candidate.row, part });
      }
    },
    async finish(loadChecked, loadOther, signal) {
      const verified = bestPairs(await verifyPairs(pairs, loadChecked, loadOther, threshold, signal));
      const near = new Map<number, Leak>();
      for (const { line, other, similarity } of verified) {
        if ((near.get(line)?.similarity ?? 0) >= similarity) continue;
        near.set(line, { line, code: 'leakage-near', other, similarity });
      }
      return [...leaks, ...near.values()].sort((a, b) => a.line - b.line);
    },
  };
}

/** Rows of a file: `each` gives them in order, `text` a line again. */
export interface RowSource {
  each(use: (line: number, row: DataRow) => void): Promise<void>;
  readonly text: LineLoader;
}

/** Finds the rows of the held-out file that the training file contains too. Rejects as the sources do. */
export async function leaksBetween(
  held: RowSource,
  training: RowSource,
  signal?: AbortSignal,
): Promise<readonly Leak[]> {
  const finder = createLeakageFinder();
  await training.each((line, row) => {
    finder.other(line, row);
  });
  await held.each((line, row) => {
    finder.check(line, row);
  });
  return finder.finish(held.text, training.text, signal);
}

/** Number of leaks of each kind. */
export interface LeakCounts {
  readonly exact: number;
  readonly prompt: number;
  readonly near: number;
}

export function countLeaks(leaks: readonly Pick<Leak, 'code'>[]): LeakCounts {
  const count = (code: LeakageCode): number => leaks.filter((leak) => leak.code === code).length;
  return { exact: count('leakage-exact'), prompt: count('leakage-prompt'), near: count('leakage-near') };
}

/** `name` is what the other file is known by. */
export function leakageFindings(leaks: readonly Leak[], name: string): readonly Finding[] {
  return leaks.map(({ line, code, other, similarity }) => ({
    code,
    severity: severityOf(code),
    message:
      code === 'leakage-exact'
        ? t('The example is also in {0}, line {1}.', name, other)
        : code === 'leakage-prompt'
          ? t('The prompt is also in {0}, line {1}, with a different answer.', name, other)
          : t('Nearly the same example is in {0}, line {1} ({2}% alike).', name, other, percentage(similarity)),
    action: t('Keep it in only one of the two files.'),
    line,
    column: 0,
    endColumn: 0,
  }));
}
