import { count } from '../../base/numbers.ts';
import type { ExampleKind } from '../kind.ts';
import { isRuleCode, RULES } from '../check/ruleTable.ts';
import type { RowLines } from './rowLines.ts';
import type { Mark, Spread } from './statistics.ts';
import { costsOf, type CostOptions } from './costs.ts';
import { headlineOf, isOfFile } from './headline.ts';
import { rangeText } from './rangeText.ts';
import type {
  ComparisonView,
  DatasetReport,
  Figure,
  FigureRows,
  HistogramView,
  LeakedRows,
  MarkView,
  ReportView,
} from './types.ts';

export interface BuiltReport {
  readonly view: ReportView;
  /** The lines behind the figures, by their ids. */
  readonly figures: ReadonlyMap<string, FigureRows>;
}

const KINDS: Readonly<Record<ExampleKind, string>> = {
  chat: 'chat examples',
  preference: 'preference pairs (DPO)',
  reinforcement: 'rows for reinforcement (RFT)',
  'prompt-completion': 'prompt/completion pairs',
  conversations: 'conversations (ShareGPT)',
  instruction: 'instructions (Alpaca)',
  request: 'batch requests',
  unknown: 'rows of an unknown kind',
};

/** What the panel shows of a report. `name` and `other`: the two files without their folders. */
export function buildReport(
  report: DatasetReport,
  name: string,
  other: string | null,
  options: CostOptions,
): BuiltReport {
  const figures = new Map<string, FigureRows>();
  const figureIn = (file: FigureRows['file'], id: string, title: string, rows: RowLines): Figure => {
    figures.set(id, { file, title, rows });
    return { id, count: rows.count, line: rows.count === 1 ? (rows.lines[0] ?? null) : null };
  };
  const figure = (id: string, title: string, rows: RowLines): Figure => figureIn('file', id, title, rows);
  const { statistics, duplicates, contradictions } = report;

  const marks = (key: string, unit: string, spread: Spread | null, labels: MarkLabels): readonly MarkView[] =>
    spread === null
      ? []
      : MARKS.map((mark) => {
          const { value, rows }: Mark = spread[mark];
          const title = `${labels[mark]}: ${mark === 'p95' ? `${count(value)} ${unit} or more` : `${figureText(value)} ${unit}`}`;
          return { label: labels[mark], value, figure: figure(`${key}.${mark}`, title, rows) };
        });
  const histogram = (key: string, unit: string, spread: Spread | null, labels: MarkLabels): HistogramView | null =>
    spread && {
      marks: marks(key, unit, spread, labels),
      bars: spread.bars.map(({ from, to, rows }, index) => ({
        from,
        to,
        figure: figure(`${key}.bar.${String(index)}`, `${rangeText(from, to)} ${unit}`, rows),
      })),
    };

  const view: ReportView = {
    headline: headlineOf(report, name, other),
    facts: factsOf(report, figure),
    tokens: histogram('tokens', 'tokens', statistics.tokensPerExample, LENGTHS),
    answers: histogram('answers', 'tokens in the answer', statistics.answerTokens, LENGTHS),
    messages: marks('messages', 'messages', statistics.messagesPerExample, NUMBERS),
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
      exact: figure('duplicates.exact', 'The same example again', duplicates.exact),
      near: figure('duplicates.near', 'Nearly the same example again', duplicates.near),
      prompts: contradictions.prompts,
      contradictory: figure('contradictions', 'The same prompt with different answers', contradictions.rows),
    },
    comparison: comparisonOf(report, name, other, figureIn),
    distinctAnswers: figure('answers.distinct', 'The first row of each answer', statistics.distinctAnswers),
    frequentAnswers: statistics.frequentAnswers.map(({ text, rows }, index) => ({
      text,
      share: rows.count / Math.max(1, statistics.answerTokens?.count ?? 0),
      figure: figure(`answers.frequent.${String(index)}`, 'Rows with this answer', rows),
    })),
    roles: statistics.roles.map(({ role, messages, tokens, rows }, index) => ({
      role,
      messages,
      tokens,
      figure: figure(`roles.${String(index)}`, `Rows with a message of the ${role}`, rows),
    })),
    cost: costsOf(report.kind, statistics, options, figure),
  };
  return { view, figures };
}

const MARKS = ['smallest', 'median', 'p95', 'largest'] as const;
type MarkLabels = Readonly<Record<(typeof MARKS)[number], string>>;
const LENGTHS: MarkLabels = { smallest: 'Shortest', median: 'Median', p95: 'Longest 5 %', largest: 'Longest' };
const NUMBERS: MarkLabels = { smallest: 'Fewest', median: 'Median', p95: 'Upper 5 %', largest: 'Most' };

function factsOf(
  { kind, bytes, examples, uncounted, wrong, statistics }: DatasetReport,
  figure: (id: string, title: string, rows: RowLines) => Figure,
): ReportView['facts'] {
  const facts: { text: string; figure: string | null }[] = [];
  const counted = statistics.examples.count;
  const add = (text: string, id: string | null): void => {
    facts.push({ text, figure: id });
  };
  if (kind !== null) add(KINDS[kind], null);
  if (counted > 0) {
    add(
      `${count(counted)} ${counted === 1 ? 'example' : 'examples'}`,
      figure('examples', 'Examples', statistics.examples).id,
    );
    const about = statistics.estimated.count > 0 ? 'about ' : '';
    add(`${about}${count(statistics.tokens)} tokens`, figure('longest', 'The longest first', statistics.longest).id);
  } else {
    add(`${count(examples)} ${examples === 1 ? 'row' : 'rows'}`, null);
  }
  if (wrong.count > 0)
    add(
      `${count(wrong.count)} ${wrong.count === 1 ? 'row' : 'rows'} with errors`,
      figure('wrong', 'Rows with errors', wrong).id,
    );
  if (uncounted.count > wrong.count)
    add(
      `${count(uncounted.count)} ${uncounted.count === 1 ? 'row' : 'rows'} not counted`,
      figure('uncounted', 'Rows that are not counted', uncounted).id,
    );
  add(sizeText(bytes), null);
  return facts;
}

function comparisonOf(
  { comparison }: DatasetReport,
  name: string,
  other: string | null,
  figureIn: (file: FigureRows['file'], id: string, title: string, rows: RowLines) => Figure,
): ComparisonView | null {
  if (comparison === null || other === null) return null;
  if ('problem' in comparison) {
    const { message, action } = comparison.problem;
    return {
      with: other,
      held: other,
      training: name,
      heldRows: 0,
      rows: [],
      format: [],
      problem: `${message} ${action}`,
    };
  }
  const [held, training] = comparison.held === 'file' ? (['file', 'against'] as const) : (['against', 'file'] as const);
  const names = { file: name, against: other };
  const row = (id: string, label: string, leaked: LeakedRows): ComparisonView['rows'][number] => ({
    label,
    held: figureIn(held, `${id}.held`, `${label}: in ${names[held]}`, leaked.held),
    training: figureIn(training, `${id}.training`, `${label}: in ${names[training]}`, leaked.training),
  });
  return {
    with: other,
    held: names[held],
    training: names[training],
    heldRows: comparison.heldRows,
    rows: [
      row('leak.exact', 'Word for word', comparison.exact),
      row('leak.prompt', 'The same prompt, another answer', comparison.prompt),
      row('leak.near', 'Nearly the same', comparison.near),
    ],
    format: comparison.format.map(({ message, action }) => `${message} ${action}`),
    problem: null,
  };
}

function figureText(value: number): string {
  return Number.isInteger(value) ? count(value) : value.toFixed(1);
}

function sizeText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? count(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
}
