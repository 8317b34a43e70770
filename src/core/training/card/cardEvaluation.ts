import { markdownTable, markdownText } from '../../base/markdownText.ts';
import { untrustedText } from '../../base/untrustedText.ts';
import { dayText, t } from '../../base/messages.ts';
import { count, percent } from '../../base/numbers.ts';
import { metricName } from '../../evaluation/comparison/metricName.ts';
import { metricsOf } from '../../evaluation/comparison/metrics.ts';
import { sentenceOf } from '../../evaluation/comparison/statements.ts';
import type { Metric } from '../../evaluation/comparison/types.ts';
import { amount } from '../../evaluation/report/amount.ts';
import { testFileName } from '../../evaluation/report/words.ts';
import type { Estimate } from '../../statistics/interval.ts';
import type { CardEvaluation } from './cardInput.ts';
import { hash, inline, itemsText } from './cardText.ts';

/** Characters of what a run says. */
const SENTENCE = 2000;

/** Markdown about the evaluations of a model, newest first; says so where there is none. */
export function evaluationLines(evaluations: readonly CardEvaluation[]): readonly string[] {
  if (evaluations.length === 0) return [t('No evaluation of this model was made.')];
  return evaluations.flatMap((evaluation, at) => [...(at === 0 ? [] : ['']), ...linesOf(evaluation)]);
}

function linesOf({ config, judgment, contestant: own }: CardEvaluation): readonly string[] {
  const metrics = metricsOf(config.grader);
  const rows = config.contestants.flatMap(({ id, label }) => {
    const found = judgment.contestants.find(({ contestant }) => contestant === id);
    if (!found) return [];
    return [
      [
        id === own ? t('{0} (this model)', inline(label)) : inline(label),
        ...metrics.map((metric) => figureText(metric, found.metrics[metric])),
        count(found.graded),
        count(found.noNumber),
        count(found.refused + found.failed),
      ],
    ];
  });
  const sentence = sentenceOf(judgment.statements);
  return [
    t(
      'On {0}: {1}, {2}, SHA-256 {3}.',
      dayText(new Date(config.createdAt)),
      inline(testFileName(config.testFile)),
      itemsText(config.testFile.items),
      hash(config.testFile.sha256),
    ),
    ...(sentence === '' ? [] : ['', `**${markdownText(untrustedText(sentence, [], SENTENCE))}**`]),
    '',
    ...markdownTable([t('Contestant'), ...metrics.map(metricName), t('Graded'), t('No number'), t('Failed')], rows),
    '',
    t(
      'Figures have their 95% intervals. Temperature {0}, at most {1} tokens a reply.',
      config.sampling.temperature,
      config.sampling.maxTokens,
    ),
  ];
}

function figureText(metric: Metric, estimate: Estimate | undefined): string {
  if (estimate === undefined) return '–';
  const write = (value: number): string =>
    !Number.isFinite(value) ? '–' : metric === 'hits' || metric === 'accuracy' ? percent(value) : amount(value);
  return `${write(estimate.value)} (${write(estimate.low)} – ${write(estimate.high)})`;
}
