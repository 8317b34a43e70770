import { csvText, type CsvCell } from '../../base/csvText.ts';
import type { BuiltReport } from './buildReport.ts';
import type { Figure, HistogramView, MarkView } from './types.ts';

/**
 * Whole report as one table: a figure per row, with its lines (a thousand at most), separated by blanks. Names of sections and figures are
 * for programs and stay English.
 */
export function reportCsv({ view, figures }: BuiltReport, name: string): string {
  const rows: CsvCell[][] = [['section', 'item', 'figure', 'value', 'rows', 'lines']];
  const add = (section: string, item: string, what: string, value: CsvCell, figure: Figure | null = null): void => {
    const lines = figure === null ? [] : (figures.get(figure.id)?.rows.lines ?? []);
    rows.push([
      section,
      item,
      what,
      value,
      figure?.count ?? null,
      lines.length === 1 ? (lines[0] ?? null) : lines.join(' '),
    ]);
  };
  const addMarks = (section: string, unit: string, marks: readonly MarkView[]): void => {
    for (const { label, value, figure } of marks) add(section, label, unit, value, figure);
  };
  const addHistogram = (section: string, histogram: HistogramView | null): void => {
    if (histogram === null) return;
    addMarks(section, 'tokens', histogram.marks);
    for (const { from, to, figure } of histogram.bars)
      if (figure.count > 0)
        add(
          section,
          `${from === to - 1 ? '' : `${String(from)} to `}${String(to - 1)} tokens`,
          'rows',
          figure.count,
          figure,
        );
  };

  add('file', name, 'summary', view.headline.text);
  for (const { text } of view.facts) add('file', name, 'fact', text);
  for (const { code, severity, message, figure } of view.problems) add('problems', code, severity, message, figure);
  const { exact, near, prompts, contradictory } = view.relations;
  add('duplicates', 'word for word', 'rows', exact.count, exact);
  add('duplicates', 'nearly the same', 'rows', near.count, near);
  add('contradictions', 'prompts', 'prompts', prompts, contradictory);
  for (const comparison of view.comparisons) {
    const { held, training, heldRows, state, note } = comparison;
    add('comparison', held, 'rows compared', state === 'compared' ? heldRows : (note ?? state));
    for (const row of comparison.rows) {
      add('comparison', held, row.label, row.held.count, row.held);
      add('comparison', training, row.label, row.training.count, row.training);
    }
    for (const text of comparison.format) add('comparison', held, 'format', text);
  }
  if (view.notCompared !== null) add('comparison', name, 'not compared', view.notCompared);
  addHistogram('tokens an example', view.tokens);
  addHistogram('tokens an answer', view.answers);
  if (view.numbers !== null) {
    const { histogram, without } = view.numbers;
    addMarks('numbers in answers', 'number', histogram.marks);
    for (const { from, to, figure } of histogram.bars)
      if (figure.count > 0)
        add('numbers in answers', `${String(from)} to below ${String(to)}`, 'rows', figure.count, figure);
    add('numbers in answers', 'without a number', 'rows', without.count, without);
  }
  addMarks('messages an example', 'messages', view.messages);
  add('answers', 'different answers', 'answers', view.distinctAnswers.count, view.distinctAnswers);
  for (const { text, figure } of view.frequentAnswers) add('answers', text, 'rows', figure.count, figure);
  for (const { role, messages, tokens, figure } of view.roles) {
    add('roles', role, 'messages', messages, figure);
    add('roles', role, 'tokens', tokens, figure);
  }
  if (view.cost !== null) {
    add('cost', 'automatic settings', 'epochs', view.cost.epochs);
    add('cost', 'automatic settings', 'trained tokens', view.cost.trainedTokens);
    for (const { model, price, epochUsd, totalUsd, over, note } of view.cost.rows) {
      add('cost', model, 'US$ per 1M tokens', price ?? 0);
      add('cost', model, 'US$ per epoch', rounded(epochUsd));
      add('cost', model, 'US$ in total', rounded(totalUsd));
      if (over !== null) add('cost', model, 'examples too long', over.count, over);
      if (note !== '') add('cost', model, 'note', note);
    }
  }
  return csvText(rows);
}

/** Rounds to a millionth of a dollar: the price of one token where a million costs a dollar. */
function rounded(usd: number): number {
  return Math.round(usd * 1e6) / 1e6;
}
