import { bytesInWords } from '../../base/bytes.ts';
import { t, tn } from '../../base/messages.ts';
import { kindText } from '../kindText.ts';
import { isRuleCode, RULES } from '../check/ruleTable.ts';
import type { Mark, RowLines } from './rowLines.ts';
import type { Spread } from './statistics.ts';
import { costsOf, type CostOptions } from './costs.ts';
import { headlineOf, isOfFile } from './headline.ts';
import { comparisonView, notComparedText } from './comparisonView.ts';
import { numbersOf } from './numbersView.ts';
import type { ComparedFiles, DatasetReport, Figure, FigureRows, HistogramView, MarkView, ReportView } from './types.ts';

export interface BuiltReport {
  readonly view: ReportView;
  /** Lines behind the figures, by their ids. */
  readonly figures: ReadonlyMap<string, FigureRows>;
}

/** View of a report for its panel. `name`: the dataset without its folder. */
export function buildReport(
  report: DatasetReport,
  name: string,
  others: ComparedFiles,
  options: CostOptions,
): BuiltReport {
  const figures = new Map<string, FigureRows>();
  const figureIn = (file: FigureRows['file'], id: string, title: string, rows: RowLines): Figure => {
    figures.set(id, { file, title, rows });
    return { id, count: rows.count, line: rows.count === 1 ? (rows.lines[0] ?? null) : null };
  };
  const figure = (id: string, title: string, rows: RowLines): Figure => figureIn(null, id, title, rows);
  const { statistics, duplicates, contradictions } = report;

  const marks = (key: string, unit: Unit, spread: Spread | null, labels: MarkLabels): readonly MarkView[] =>
    spread === null
      ? []
      : MARKS.map((mark) => {
          const { value, rows }: Mark = spread[mark];
          const title = t('{0}: {1}', labels[mark], mark === 'p95' ? atLeast(unit, value) : amountOf(unit, value));
          return { label: labels[mark], value, figure: figure(`${key}.${mark}`, title, rows) };
        });
  const histogram = (key: string, unit: Unit, spread: Spread | null, labels: MarkLabels): HistogramView | null =>
    spread && {
      scale: 'linear',
      marks: marks(key, unit, spread, labels),
      bars: spread.bars.map(({ from, to, rows }, index) => ({
        from,
        to,
        figure: figure(`${key}.bar.${String(index)}`, rangeOf(unit, from, to), rows),
      })),
    };

  const lengths = lengthLabels();
  const view: ReportView = {
    headline: headlineOf(report, name, others),
    facts: factsOf(report, figure),
    tokens: histogram('tokens', 'tokens', statistics.tokensPerExample, lengths),
    answers: histogram('answers', 'answerTokens', statistics.answerTokens, lengths),
    numbers: numbersOf(statistics, figure),
    messages: marks('messages', 'messages', statistics.messagesPerExample, numberLabels()),
    problems: report.problems.map(({ code, severity, message, rows }) => {
      const title = isRuleCode(code) ? RULES[code].title() : code;
      return {
        code,
        title,
        severity,
        message,
        ofFile: rows.count === 0 || isOfFile(code),
        figure: rows.count === 0 ? null : figure(`problem.${code}`, title, rows),
      };
    }),
    relations: {
      exact: figure('duplicates.exact', t('The same example again'), duplicates.exact),
      near: figure('duplicates.near', t('Nearly the same example again'), duplicates.near),
      prompts: contradictions.prompts,
      contradictory: figure('contradictions', t('The same prompt with different answers'), contradictions.rows),
    },
    comparisons: others.files.map((file, index) => comparisonView(file, index, name, others.held, figureIn)),
    notCompared: notComparedText(others),
    distinctAnswers: figure('answers.distinct', t('First row of each answer'), statistics.distinctAnswers),
    frequentAnswers: statistics.frequentAnswers.map(({ text, rows }, index) => ({
      text,
      share: rows.count / Math.max(1, statistics.answerTokens?.count ?? 0),
      figure: figure(`answers.frequent.${String(index)}`, t('Rows with this answer'), rows),
    })),
    roles: statistics.roles.map(({ role, messages, tokens, rows }, index) => ({
      role,
      messages,
      tokens,
      figure: figure(`roles.${String(index)}`, t('Rows with a message of the role {0}', role), rows),
    })),
    cost: costsOf(report.kind, statistics, options, figure),
  };
  return { view, figures };
}

const MARKS = ['smallest', 'median', 'p95', 'largest'] as const;
type MarkLabels = Readonly<Record<(typeof MARKS)[number], string>>;

function lengthLabels(): MarkLabels {
  return { smallest: t('Shortest'), median: t('Median'), p95: t('Longest 5%'), largest: t('Longest') };
}

function numberLabels(): MarkLabels {
  return { smallest: t('Fewest'), median: t('Median'), p95: t('Upper 5%'), largest: t('Most') };
}

type Unit = 'tokens' | 'answerTokens' | 'messages';

function amountOf(unit: Unit, value: number): string {
  switch (unit) {
    case 'tokens':
      return tn(value, '{0} token', '{0} tokens');
    case 'answerTokens':
      return tn(value, '{0} token in the answer', '{0} tokens in the answer');
    case 'messages':
      return tn(value, '{0} message', '{0} messages');
  }
}

function atLeast(unit: Unit, value: number): string {
  switch (unit) {
    case 'tokens':
      return tn(value, '{0} token or more', '{0} tokens or more');
    case 'answerTokens':
      return tn(value, '{0} token or more in the answer', '{0} tokens or more in the answer');
    case 'messages':
      return tn(value, '{0} message or more', '{0} messages or more');
  }
}

/** Range of whole numbers, `to` exclusive. */
function rangeOf(unit: Unit, from: number, to: number): string {
  if (to - from === 1) return amountOf(unit, from);
  switch (unit) {
    case 'tokens':
      return t('{0} to {1} tokens', from, to - 1);
    case 'answerTokens':
      return t('{0} to {1} tokens in the answer', from, to - 1);
    case 'messages':
      return t('{0} to {1} messages', from, to - 1);
  }
}

function factsOf(
  { kind, bytes, examples, uncounted, wrong, statistics }: DatasetReport,
  figure: (id: string, title: string, rows: RowLines) => Figure,
): ReportView['facts'] {
  const facts: { text: string; figure: string | null }[] = [];
  const counted = statistics.examples.count;
  const add = (text: string, id: string | null): void => {
    facts.push({ text, figure: id });
  };
  if (kind !== null) add(kindText(kind), null);
  if (counted > 0) {
    add(tn(counted, '{0} example', '{0} examples'), figure('examples', t('Examples'), statistics.examples).id);
    const { tokens } = statistics;
    add(
      statistics.estimated.count > 0
        ? tn(tokens, 'about {0} token', 'about {0} tokens')
        : tn(tokens, '{0} token', '{0} tokens'),
      figure('longest', t('Longest examples first'), statistics.longest).id,
    );
  } else {
    add(tn(examples, '{0} row', '{0} rows'), null);
  }
  if (wrong.count > 0)
    add(
      tn(wrong.count, '{0} row with errors', '{0} rows with errors'),
      figure('wrong', t('Rows with errors'), wrong).id,
    );
  if (uncounted.count > wrong.count)
    add(
      tn(uncounted.count, '{0} row not counted', '{0} rows not counted'),
      figure('uncounted', t('Rows that are not counted'), uncounted).id,
    );
  add(bytesInWords(bytes), null);
  return facts;
}
