import type { RunConfig } from '../types.ts';
import type { RunFact } from './fact.ts';
import { verdictOf } from './replacement.ts';
import type { Judgment } from './judge.ts';
import type { Question } from './question.ts';
import { subjectOf } from './subject.ts';
import { allPassed, checkThresholds } from './thresholds.ts';

/** Makes the fact of a judged run; a file of its own, since lists show facts without the statistics that make them. */
export function factOf(
  { contestants, comparisons, replacement }: Judgment,
  { primary, baseline }: Question,
  { contestants: labels, pass }: Pick<RunConfig, 'contestants' | 'pass'>,
): RunFact | null {
  const first = subjectOf(labels, baseline);
  if (first === undefined) return null;
  const comparison = comparisons.find(({ a, metric }) => a === first.id && metric === primary);
  const passed = allPassed(checkThresholds(pass, { contestants, comparisons }, primary));
  return {
    metric: primary,
    value: contestants.find(({ contestant }) => contestant === first.id)?.metrics[primary]?.value ?? null,
    against: labels.find(({ id }) => id === baseline)?.label ?? null,
    claim: comparison?.claim ?? 'none',
    typical: comparison?.typical?.claim ?? null,
    ...(replacement === undefined ? {} : { replacement: verdictOf(replacement) }),
    ...(passed === null ? {} : { passed }),
  };
}
