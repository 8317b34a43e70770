// What `evaluate` prints: for people, for programs (docs/evaluation-files.md), for GitHub's annotations, and as JUnit.
import { t } from '../../core/base/messages.ts';
import { percent } from '../../core/base/numbers.ts';
import { isFloor, type Judgment } from '../../core/evaluation/comparison/judge.ts';
import { sentenceOf } from '../../core/evaluation/comparison/statements.ts';
import {
  LESS_IS_BETTER,
  type Comparison,
  type ContestantSummary,
  type Metric,
} from '../../core/evaluation/comparison/types.ts';
import type { Pass } from '../../core/evaluation/evalFile.ts';
import { amount } from '../../core/evaluation/report/headline.ts';
import type { RunConfig } from '../../core/evaluation/types.ts';
import { itemsRange, itemsToSee } from '../../core/statistics/planning.ts';
import { visible } from '../terminal.ts';
import { githubText, junitText, type Check, type EvaluateResult } from './machineReports.ts';

/** Judges the thresholds of the first contestant. */
export function checksOf(
  pass: Pass | null,
  { contestants, comparisons }: Judgment,
  config: RunConfig,
): readonly Check[] {
  const [first] = contestants;
  if (pass === null || first === undefined) return [];
  const checks: Check[] = [];
  for (const [metric, { min, max }] of Object.entries(pass.metrics) as [Metric, { min?: number; max?: number }][]) {
    const value = first.metrics[metric]?.value;
    const passed = value !== undefined && (min === undefined || value >= min) && (max === undefined || value <= max);
    const figure = value === undefined ? t('no figure') : amount(value);
    checks.push({
      name: metric,
      passed,
      sentence: t('{0} is {1}; allowed is {2}.', metric, figure, rangeText(min, max)),
    });
  }
  if (pass.vsBaseline !== null) {
    const primary = comparisons.find(({ a, metric }) => a === first.contestant && metric === config.primary);
    checks.push(pass.vsBaseline === 'better' ? isBetter(primary) : isNotWorse(primary));
  }
  return checks;
}

function rangeText(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return t('{0} to {1}', amount(min), amount(max));
  return min === undefined ? t('at most {0}', amount(max ?? NaN)) : t('at least {0}', amount(min));
}

const VS_BASELINE = 'vsBaseline';

function isBetter(comparison: Comparison | undefined): Check {
  const passed = comparison?.claim === 'better';
  return {
    name: VS_BASELINE,
    passed,
    sentence: passed ? t('It is better than the baseline.') : t('It is not shown to be better than the baseline.'),
  };
}

/** Passes only where the 95 % interval excludes a loss of the difference that matters. */
function isNotWorse(comparison: Comparison | undefined): Check {
  const { difference = null, matters = null, metric = 'mae', sd = null, clusters = 0 } = comparison ?? {};
  if (difference === null || matters === null) {
    return {
      name: VS_BASELINE,
      passed: false,
      sentence: t('There are not enough items to compare with the baseline.'),
    };
  }
  const loss = LESS_IS_BETTER.has(metric) ? difference.high : -difference.low;
  if (loss < matters) {
    return {
      name: VS_BASELINE,
      passed: true,
      sentence: t('A loss of {0} against the baseline is excluded.', amount(matters)),
    };
  }
  const needed = sd === null ? null : itemsRange(itemsToSee(sd, matters));
  const sentence =
    needed === null || needed.to <= clusters
      ? t('A loss of {0} against the baseline is not excluded.', amount(matters))
      : t(
          'A loss of {0} against the baseline is not excluded: about {1} to {2} items would be needed.',
          amount(matters),
          needed.from,
          needed.to,
        );
  return { name: VS_BASELINE, passed: false, sentence };
}

/** Null without thresholds. */
export function passedOf({ checks }: Pick<EvaluateResult, 'checks'>): boolean | null {
  return checks.length === 0 ? null : checks.every(({ passed }) => passed);
}

export function reportText(result: EvaluateResult, format: 'text' | 'json' | 'github' | 'junit'): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(resultObject(result), null, 2)}\n`;
    case 'github':
      return githubText(result);
    case 'junit':
      return junitText(result);
    case 'text':
      return plainReport(result);
  }
}

/** Object of the JSON format. Open ends of intervals are null. */
export function resultObject(result: EvaluateResult): object {
  const { config, status, judgment } = result;
  const listed = config.contestants.filter((contestant) => !isFloor(contestant));
  const labelOf = (id: string): string => config.contestants.find((contestant) => contestant.id === id)?.label ?? id;
  const summary = (id: string): object =>
    contestantObject(
      labelOf(id),
      judgment.contestants.find(({ contestant }) => contestant === id),
    );
  return {
    run: config.id,
    status,
    sentence: sentenceOf(judgment.statements),
    contestants: listed.map(({ id }) => summary(id)),
    floors: config.contestants.filter(isFloor).map(({ id }) => summary(id)),
    comparisons: judgment.comparisons.map((comparison) => ({
      a: labelOf(comparison.a),
      b: labelOf(comparison.b),
      metric: comparison.metric,
      items: comparison.items,
      difference: comparison.difference?.value ?? null,
      low: comparison.difference?.low ?? null,
      high: comparison.difference?.high ?? null,
      p: comparison.difference?.p ?? null,
      claim: comparison.claim,
      typical:
        comparison.typical === null
          ? null
          : {
              difference: comparison.typical.value,
              low: comparison.typical.low,
              high: comparison.typical.high,
              p: comparison.typical.p,
              claim: comparison.typical.claim,
            },
      better: comparison.better,
      worse: comparison.worse,
      ties: comparison.ties,
    })),
    pass: passedOf(result),
  };
}

function contestantObject(label: string, summary: ContestantSummary | undefined): object {
  const { items = 0, noNumber = 0, failed = 0, refused = 0, ungradable = 0, cutOff = 0, metrics = {} } = summary ?? {};
  // Refused rows are failed ones for programs that know only the four classes of the format.
  return { label, items, noNumber, failed: failed + refused, refused, cutOff, ungradable, metrics };
}

function plainReport(result: EvaluateResult): string {
  const { config, judgment, checks } = result;
  const lines = [sentenceOf(judgment.statements) || t('Nothing is compared.'), ''];
  for (const contestant of config.contestants) {
    const summary = judgment.contestants.find((one) => one.contestant === contestant.id);
    if (summary === undefined) continue;
    const name = isFloor(contestant) ? t('{0} (free)', contestant.label) : contestant.label;
    lines.push(`${name}: ${figuresText(summary)}`);
  }
  if (checks.length > 0) lines.push('', ...checks.map((check) => `${check.passed ? '✓' : '✗'} ${check.sentence}`));
  return `${lines.map(visible).join('\n')}\n`;
}

function figuresText({ metrics, items, noNumber, failed, refused, ungradable }: ContestantSummary): string {
  const figures = (Object.entries(metrics) as [Metric, { value: number; low: number; high: number }][]).map(
    ([metric, { value, low, high }]) => {
      const write = ['hits', 'accuracy', 'f1'].includes(metric) ? percent : amount;
      const ends = Number.isFinite(low) && Number.isFinite(high) ? ` [${write(low)}, ${write(high)}]` : '';
      return `${metric} ${write(value)}${ends}`;
    },
  );
  const classes = [
    [noNumber, t('without a number or label')],
    [failed, t('failed')],
    [refused, t('refused')],
    [ungradable, t('not gradable')],
  ] as const;
  const others = classes.filter(([count]) => count > 0).map(([count, words]) => t('{0} {1}', count, words));
  return [...figures, t('{0} rows', items), ...others].join(' · ');
}
