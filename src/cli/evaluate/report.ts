// What `evaluate` prints: for people, for programs (docs/evaluation-files.md), for GitHub's annotations, and as JUnit.
import { t } from '../../core/base/messages.ts';
import { percent } from '../../core/base/numbers.ts';
import { isFloor } from '../../core/evaluation/comparison/judge.ts';
import { sentenceOf } from '../../core/evaluation/comparison/statements.ts';
import { allPassed } from '../../core/evaluation/comparison/thresholds.ts';
import type { ContestantSummary, Metric } from '../../core/evaluation/comparison/types.ts';
import { amount } from '../../core/evaluation/report/amount.ts';
import { visible } from '../terminal.ts';
import { githubText, junitText, type EvaluateResult } from './machineReports.ts';

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
    pass: allPassed(result.checks),
    trainedOn: result.trainedOn,
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
