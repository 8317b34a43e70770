import * as z from 'zod/mini';
import { t } from '../../src/core/base/messages.ts';
import type { GraderType, RowResult } from '../../src/core/evaluation/types.ts';
import { choice } from '../components.ts';
import { el, setText } from '../dom.ts';
import { figure } from '../format.ts';
import { count } from '../../src/core/base/numbers.ts';
import { VirtualTable, type Column } from '../virtualTable.ts';
import { visibleLine } from '../visibleText.ts';
import { FILTERS, type EvaluationModel, type Filter, type Order } from './evaluationModel.ts';
import { heading, Placeholder } from './parts.ts';
import { colourCell, filterLabel, guessText, truthText } from './rowCells.ts';

const savedRows = z.object({
  contestant: z.catch(z.nullable(z.string()), null),
  filter: z.catch(z.enum(FILTERS), 'all'),
  order: z.catch(z.enum(['file', 'worst']), 'file'),
});
type RowsState = z.output<typeof savedRows>;

interface Listeners {
  readonly onOpen: (item: number) => void;
  /** Another contestant is shown. */
  readonly onContestant: () => void;
  readonly save: (state: unknown) => void;
}

/** The rows of one contestant, colored, sorted and filtered; a row opens its example. */
export class RowsSection {
  readonly element: HTMLElement;
  readonly contestants = choice<string>(t('Contestant shown'), (contestant) => {
    this.#change({ contestant });
    this.#listeners.onContestant();
  });
  readonly #listeners: Listeners;
  readonly #heading = heading('h2', t('Rows'));
  readonly #filter = choice<Filter>(t('Rows shown'), (filter) => {
    this.#change({ filter });
  });
  readonly #order = choice<Order>(t('Order'), (order) => {
    this.#change({ order });
  });
  readonly #placeholder = new Placeholder();
  readonly #place = el('div');
  #table: { readonly grader: string; readonly view: VirtualTable<RowResult> } | null = null;
  #state: RowsState;
  #model: EvaluationModel | null = null;
  #list: readonly RowResult[] = [];
  #opened: number | null = null;

  constructor(saved: unknown, listeners: Listeners) {
    this.#listeners = listeners;
    this.#state = savedRows.safeParse(saved ?? {}).data ?? savedRows.parse({});
    this.element = el('section', { class: 'rows-section', attributes: { 'aria-label': t('Rows') } }, [
      this.#heading.element,
      el('div', { class: 'toolbar' }, [this.#filter.element, this.#order.element]),
      this.#placeholder.element,
      this.#place,
    ]);
  }

  /** The contestant whose rows are shown: the chosen one, else the first that is a model. */
  shown(model: EvaluationModel): string {
    const { contestants } = model.state.run;
    const chosen = contestants.find((contestant) => contestant.id === this.#state.contestant);
    return (chosen ?? contestants.find((contestant) => contestant.kind !== 'constant') ?? contestants[0])?.id ?? '';
  }

  update(model: EvaluationModel): void {
    this.#model = model;
    const { run, items, status } = model.state;
    const contestant = this.shown(model);
    const counts = model.counts(contestant);
    const kinds = FILTERS.filter(
      (kind) =>
        (run.grader === 'number' || (kind !== 'orange' && kind !== 'no-number')) &&
        // A file like this is rare: the class is not offered where it is empty.
        (kind !== 'ungradable' || counts.ungradable > 0),
    );
    const filter = kinds.includes(this.#state.filter) ? this.#state.filter : 'all';
    this.contestants.setOptions(
      run.contestants.map(({ id, label }) => ({ value: id, label })),
      contestant,
    );
    this.#filter.setOptions(
      kinds.map((kind) => ({ value: kind, label: filterLabel(kind, run.grader, counts[kind]) })),
      filter,
    );
    this.#order.setOptions(
      [
        { value: 'file', label: t('File order') },
        { value: 'worst', label: t('Worst first') },
      ],
      this.#state.order,
    );
    this.#list = model.list(contestant, filter, this.#state.order);
    setText(
      this.#heading.note,
      counts.all === items.length ? count(items.length) : t('{0} of {1}', counts.all, items.length),
    );
    this.#placeholder.set(
      this.#list.length > 0
        ? null
        : counts.all > 0
          ? t('No row of this kind.')
          : status === 'running'
            ? t('Asking the model. Rows appear as the replies come in.')
            : t('No row was answered.'),
    );
    this.#drawTable(model);
  }

  /** Marks a row that was opened elsewhere (a point of the chart). */
  open(item: number): void {
    this.#opened = item;
    const index = this.#list.findIndex((row) => row.item === item);
    this.#table?.view.select(index < 0 ? null : index);
    if (index >= 0) this.#table?.view.scrollTo(index);
  }

  #change(change: Partial<RowsState>): void {
    this.#state = { ...this.#state, ...change };
    this.#listeners.save(this.#state);
    if (this.#model) this.update(this.#model);
  }

  #drawTable(model: EvaluationModel): void {
    const { grader } = model.state.run;
    if (this.#table?.grader !== grader) {
      const view = new VirtualTable<RowResult>({
        label: t('Rows'),
        columns: columns(grader, (item) => this.#model?.item(item)?.title ?? ''),
        onOpen: (row) => {
          this.#opened = row.item;
          this.#listeners.onOpen(row.item);
        },
      });
      this.#table = { grader, view };
      this.#place.replaceChildren(view.element);
    }
    this.#place.hidden = this.#list.length === 0;
    this.#table.view.setRows(this.#list.length, (index) => this.#list[index]);
    const opened = this.#list.findIndex((row) => row.item === this.#opened);
    this.#table.view.select(opened < 0 ? null : opened);
  }
}

function columns(grader: GraderType, titleOf: (item: number) => string): readonly Column<RowResult>[] {
  const title = (row: RowResult): string => visibleLine(titleOf(row.item));
  const shared: Column<RowResult>[] = [
    { title: t('result'), kind: 'narrow', cell: (row) => colourCell(row, grader) },
    { title: t('item'), kind: 'wide', cell: title, hint: title },
  ];
  const guess = (row: RowResult): string => (row.status === 'error' ? (row.message ?? t('failed')) : guessText(row));
  if (grader === 'number') {
    return [
      ...shared,
      { title: t('truth'), kind: 'number', cell: truthText },
      { title: t('guess'), kind: 'number', cell: guessText, hint: guess },
      { title: t('error'), kind: 'number', cell: (row) => figure(row.error) },
    ];
  }
  return [
    ...shared,
    { title: t('truth'), kind: 'wide', cell: truthText, hint: truthText },
    { title: t('guess'), kind: 'wide', cell: guess, hint: guess },
  ];
}
