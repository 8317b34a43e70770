import { t } from '../../base/messages.ts';
import type { Finding } from '../finding.ts';
import { createNearIndex } from './near/nearIndex.ts';
import { NumberTable } from './numberTable.ts';
import { unitsOfRow, type DataRow } from './row.ts';
import { severityOf } from '../check/ruleTable.ts';
import { MIN_NEAR_LENGTH } from './near/thresholds.ts';
import { verifyPairs, type LineLoader, type NearPair, type VerifiedPair } from './near/verify.ts';

export interface DuplicateOptions {
  /** Default true. */
  readonly near?: boolean;
  /** Also rows whose prompts alone are nearly the same (for splitting). Default false. */
  readonly prompts?: boolean;
  /** Default: `nearThreshold` of each pair. */
  readonly threshold?: number;
}

/** A row that says the same as an earlier one. */
export interface Duplicate {
  readonly line: number;
  /** The first row that says it. */
  readonly of: number;
}

export interface DuplicateReport {
  readonly exact: readonly Duplicate[];
  /** Pairs of each row and part with the row it is most like, at most one each; rows that are exact duplicates are not among them. */
  readonly near: readonly VerifiedPair[];
}

/** Takes row by row, in order; keeps hashes and sketches, never texts. */
export interface DuplicateFinder {
  add(line: number, row: DataRow): void;
  /** Exact duplicates among the rows so far. */
  exact(): readonly Duplicate[];
  /** `load` gives the lines again that may be nearly alike. */
  finish(load: LineLoader, signal?: AbortSignal): Promise<DuplicateReport>;
}

export function createDuplicateFinder(options: DuplicateOptions = {}): DuplicateFinder {
  const { threshold } = options;
  const parts = [
    ...(options.near === false ? [] : (['whole'] as const)),
    ...(options.prompts === true ? (['prompt'] as const) : []),
  ].map((part) => ({ part, index: createNearIndex(threshold) }));
  const first = new NumberTable();
  const prompts = new NumberTable();
  const exact: Duplicate[] = [];
  const pairs: NearPair[] = [];
  return {
    add(line, row) {
      const of = first.get(row.exact);
      if (of !== -1) {
        exact.push({ line, of });
        return;
      }
      first.set(row.exact, line);
      // The same prompt with another answer is a contradiction, not nearly the same example.
      const again = row.prompt !== null && prompts.get(row.prompt) !== -1;
      if (row.prompt !== null && !again) prompts.set(row.prompt, line);
      for (const { part, index } of parts) {
        if (again) break;
        const text = unitsOfRow(row, part);
        if (text.length < MIN_NEAR_LENGTH) continue;
        for (const { row: other } of index.meet(line, text)) pairs.push({ line, other, part });
      }
    },
    exact: () => exact,
    async finish(load, signal) {
      const verified = await verifyPairs(pairs, load, load, threshold, signal);
      return { exact, near: bestPairs(verified) };
    },
  };
}

/** Chooses the most alike of several pairs of one row and part, and the earliest of equally alike ones. */
export function bestPairs(pairs: readonly VerifiedPair[]): readonly VerifiedPair[] {
  const best = new Map<string, VerifiedPair>();
  for (const pair of pairs) {
    const key = `${pair.part}${String(pair.line)}`;
    const known = best.get(key);
    if (
      known === undefined ||
      pair.similarity > known.similarity ||
      (pair.similarity === known.similarity && pair.other < known.other)
    )
      best.set(key, pair);
  }
  return [...best.values()];
}

/** Rounded down: only equal texts are 100 % alike. */
export function percentage(similarity: number): number {
  return Math.floor(similarity * 100);
}

export function duplicateFindings(report: DuplicateReport): readonly Finding[] {
  const whole = { column: 0, endColumn: 0 };
  return [
    ...report.exact.map(({ line, of }) => ({
      code: 'duplicate-exact',
      severity: severityOf('duplicate-exact'),
      message: t('The example is the same as on line {0}.', of),
      action: t('Remove the line, unless the example should count twice.'),
      line,
      ...whole,
    })),
    ...report.near
      .filter(({ part }) => part === 'whole')
      .map(({ line, other, similarity }) => ({
        code: 'duplicate-near',
        severity: severityOf('duplicate-near'),
        message: t('The example is nearly the same as on line {0} ({1}% alike).', other, percentage(similarity)),
        action: t('Remove one of the two, unless the model should learn the difference.'),
        line,
        ...whole,
      })),
  ].sort((a, b) => a.line - b.line);
}
