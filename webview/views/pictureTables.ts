// The pictures as tables, for those who read numbers better, or cannot see the pictures.
import { t } from '../../src/core/base/messages.ts';
import { count } from '../../src/core/base/numbers.ts';
import type { RowDifference } from '../charts/differenceChart.ts';
import type { ErrorBar } from '../charts/errorHistogram.ts';
import type { RunningPoint } from '../charts/runningChart.ts';
import { linkButton } from '../components.ts';
import { el, type Child } from '../dom.ts';
import { figure, percent } from '../format.ts';
import { VirtualTable } from '../virtualTable.ts';
import { visibleLine } from '../visibleText.ts';
import type { EvaluationModel } from './evaluationModel.ts';
import { differenceValue, metricTitle } from './metricWords.ts';
import type { Pair } from './runJudgment.ts';

export interface TableData {
  readonly model: EvaluationModel;
  readonly pair: Pair;
  readonly differences: readonly RowDifference[];
  readonly bars: readonly ErrorBar[];
  readonly running: readonly RunningPoint[];
  readonly onOpen: (item: number) => void;
  readonly onBar: (bar: ErrorBar) => void;
}

/** Rows of the table of a running figure. */
const MOST_POINTS = 20;

export function pictureTable(picture: 'differences' | 'errors' | 'running', data: TableData): HTMLElement {
  switch (picture) {
    case 'differences':
      return differenceTable(data);
    case 'errors':
      return errorTable(data);
    case 'running':
      return runningTable(data);
  }
}

function differenceTable({ model, differences, onOpen }: TableData): HTMLElement {
  const sorted = differences.toSorted((a, b) => a.value - b.value || a.item - b.item);
  const title = ({ item }: RowDifference): string => visibleLine(model.item(item)?.title ?? '');
  const table = new VirtualTable<RowDifference>({
    label: t('Differences'),
    columns: [
      { title: t('item'), kind: 'wide', cell: title, hint: title },
      { title: t('difference'), kind: 'number', cell: ({ value }) => differenceValue('mae', value) },
    ],
    onOpen: ({ item }) => {
      onOpen(item);
    },
  });
  table.setRows(sorted.length, (index) => sorted[index]);
  return table.element;
}

function errorTable({ model, pair, bars, onBar }: TableData): HTMLElement {
  const { a, b } = pair;
  return table(
    t('Errors'),
    [t('error'), visibleLine(model.labelOf(a)), ...(b === null ? [] : [visibleLine(model.labelOf(b))])],
    bars.map((bar) => [
      Number.isFinite(bar.to) ? t('{0} … {1}', figure(bar.from), figure(bar.to)) : t('{0} and more', figure(bar.from)),
      bar.items.length === 0
        ? '0'
        : linkButton(count(bar.items.length), () => {
            onBar(bar);
          }),
      ...(b === null ? [] : [count(bar.others)]),
    ]),
  );
}

function runningTable({ model, running }: TableData): HTMLElement {
  const numeric = model.state.run.grader === 'number';
  const write = (value: number): string => (numeric ? figure(value) : percent(value));
  const step = Math.ceil(running.length / MOST_POINTS);
  const chosen = running.filter((_, index) => (running.length - 1 - index) % step === 0);
  return table(
    t('Running figure'),
    [t('rows'), metricTitle(numeric ? 'mae' : 'accuracy', ''), t('95 % band of one look')],
    chosen.map(({ n, value, low, high }) => [count(n), write(value), t('{0} … {1}', write(low), write(high))]),
  );
}

function table(label: string, heads: readonly string[], rows: readonly (readonly Child[])[]): HTMLElement {
  return el('div', { class: 'scroll', attributes: { tabindex: 0, role: 'region', 'aria-label': label } }, [
    el('table', { attributes: { 'aria-label': label } }, [
      el('thead', {}, [
        el(
          'tr',
          {},
          heads.map((text, index) =>
            el('th', { class: index === 0 ? '' : 'number', attributes: { scope: 'col' } }, [text]),
          ),
        ),
      ]),
      el(
        'tbody',
        {},
        rows.map((cells) =>
          el(
            'tr',
            {},
            cells.map((cell, index) =>
              index === 0 ? el('th', { attributes: { scope: 'row' } }, [cell]) : el('td', { class: 'number' }, [cell]),
            ),
          ),
        ),
      ),
    ]),
  ]);
}
