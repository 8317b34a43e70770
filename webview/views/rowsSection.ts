import * as z from 'zod/mini';
import { t } from '../../src/core/base/messages.ts';
import type { RunConfig } from '../../src/core/evaluation/types.ts';
import { choice, linkButton, searchField } from '../components.ts';
import { el, setText, show } from '../dom.ts';
import { figure } from '../format.ts';
import { count } from '../../src/core/base/numbers.ts';
import { VirtualTable, type Column } from '../virtualTable.ts';
import { visibleLine } from '../visibleText.ts';
import { FILTERS, type EvaluationModel, type Filter } from './evaluationModel.ts';
import { differenceValue } from './metricWords.ts';
import { heading, Placeholder } from './parts.ts';
import { colourMark, filterLabel, guessText, truthText } from './rowCells.ts';
import { changeOf, listRows, SORT_KEYS, type ShownRow } from './rowList.ts';
import type { Pair } from './runJudgment.ts';

const savedRows = z.object({
  filter: z.catch(z.enum(FILTERS), 'all'),
  search: z.catch(z.string(), ''),
  sort: z.catch(z.object({ key: z.enum(SORT_KEYS), descending: z.boolean() }), { key: 'file', descending: false }),
});
type RowsState = z.output<typeof savedRows>;

interface Listeners {
  readonly onOpen: (item: number) => void;
  /** The selection of a picture was given up here. */
  readonly onClearSelection: () => void;
  readonly save: (state: unknown) => void;
}

/** Items that a picture selected, in words. */
export interface Selection {
  readonly items: ReadonlySet<number>;
  readonly text: string;
}

/** The rows of the shown contestant beside those of the one compared with: searched, filtered, sorted by any column; a row opens beside them. */
export class RowsSection {
  readonly element: HTMLElement;
  readonly #listeners: Listeners;
  readonly #heading = heading('h2', t('Rows'));
  readonly #search = searchField(t('Search rows'), () => {
    this.#change({ search: this.#search.value });
  });
  readonly #filter = choice<Filter>(t('Rows shown'), (filter) => {
    this.#change({ filter });
  });
  readonly #chip = el('p', { class: 'chip', attributes: { role: 'status' } });
  readonly #chipText = el('span');
  readonly #placeholder = new Placeholder();
  readonly #place = el('div');
  #table: { readonly key: string; readonly view: VirtualTable<ShownRow> } | null = null;
  #state: RowsState;
  #model: EvaluationModel | null = null;
  #pair: Pair = { a: '', b: null };
  #selection: Selection | null = null;
  #list: readonly ShownRow[] = [];
  #opened: number | null = null;

  constructor(saved: unknown, listeners: Listeners) {
    this.#listeners = listeners;
    this.#state = savedRows.safeParse(saved ?? {}).data ?? savedRows.parse({});
    this.#search.value = this.#state.search;
    this.#chip.append(
      this.#chipText,
      linkButton(t('Show All'), () => {
        listeners.onClearSelection();
      }),
    );
    this.element = el('section', { class: 'rows-section', attributes: { 'aria-label': t('Rows') } }, [
      this.#heading.element,
      el('div', { class: 'toolbar' }, [this.#filter.element, this.#search]),
      this.#chip,
      this.#placeholder.element,
      this.#place,
    ]);
  }

  update(model: EvaluationModel, pair: Pair, selection: Selection | null): void {
    this.#model = model;
    this.#pair = pair;
    this.#selection = selection;
    const { run, items, status } = model.state;
    const counts = model.tally(pair.a).classes;
    const kinds = FILTERS.filter(
      (kind) => kind === 'all' || kind === 'green' || kind === 'red' || counts[kind] > 0 || kind === this.#state.filter,
    );
    const { filter, search, sort } = this.#state;
    this.#filter.setOptions(
      kinds.map((kind) => ({ value: kind, label: filterLabel(kind, run.grader, counts[kind]) })),
      filter,
    );
    this.#list = listRows(model, pair, { filter, search, sort, selected: selection?.items ?? null });
    setText(
      this.#heading.note,
      this.#list.length === items.length
        ? count(items.length)
        : t('{0} of {1}', count(this.#list.length), count(items.length)),
    );
    setText(this.#chipText, selection?.text ?? '');
    show(this.#chip, selection !== null);
    this.#placeholder.set(
      this.#list.length > 0
        ? null
        : counts.all > 0
          ? t('No row of this kind.')
          : status === 'running'
            ? t('Asking the model. Rows appear as the replies come in.')
            : t('No row was answered.'),
    );
    this.#drawTable(model.state.run, model);
  }

  /** Marks a row that was opened elsewhere (a point of the chart); null: the row was closed. */
  open(item: number | null): void {
    this.#opened = item;
    const index = item === null ? -1 : this.#list.findIndex(({ row }) => row.item === item);
    this.#table?.view.select(index < 0 ? null : index);
    if (index >= 0) this.#table?.view.scrollTo(index);
  }

  /** Gives the focus back to the row whose detail was closed. */
  focus(): void {
    this.#table?.view.focusSelected();
  }

  #change(change: Partial<RowsState>): void {
    this.#state = { ...this.#state, ...change };
    this.#listeners.save(this.#state);
    if (this.#model) this.update(this.#model, this.#pair, this.#selection);
  }

  #sort(key: string): void {
    const { sort } = this.#state;
    const known = SORT_KEYS.find((name) => name === key) ?? 'file';
    // Numbers are read from the largest on, texts from the first letter; a third press gives the order of the file.
    const usual = !['title', 'class'].includes(known);
    if (sort.key !== known) this.#change({ sort: { key: known, descending: usual } });
    else if (sort.descending === usual) this.#change({ sort: { key: known, descending: !usual } });
    else this.#change({ sort: { key: 'file', descending: false } });
  }

  #drawTable(run: RunConfig, model: EvaluationModel): void {
    const { a, b } = this.#pair;
    const labels = { a: visibleLine(model.labelOf(a)), b: b === null ? null : visibleLine(model.labelOf(b)) };
    const key = JSON.stringify([run.grader, labels]);
    if (this.#table?.key !== key) {
      const view = new VirtualTable<ShownRow>({
        label: t('Rows'),
        columns: columns(run.grader, labels, (item) => this.#model?.item(item)?.title ?? ''),
        onOpen: ({ row }) => {
          this.#opened = row.item;
          this.#listeners.onOpen(row.item);
        },
        onSort: (column) => {
          this.#sort(column);
        },
      });
      this.#table = { key, view };
      this.#place.replaceChildren(view.element);
    }
    this.#place.hidden = this.#list.length === 0;
    const { view } = this.#table;
    view.setSort(this.#state.sort);
    view.setRows(this.#list.length, (index) => this.#list[index]);
    const { length } = this.#list;
    const opened =
      this.#opened === null || length === 0 ? -1 : this.#list.findIndex(({ row }) => row.item === this.#opened);
    view.select(opened < 0 ? null : opened);
  }
}

function columns(
  grader: RunConfig['grader'],
  labels: { readonly a: string; readonly b: string | null },
  titleOf: (item: number) => string,
): readonly Column<ShownRow>[] {
  const title = ({ row }: ShownRow): string => visibleLine(titleOf(row.item));
  const numeric = grader === 'number';
  const kind = numeric ? 'number' : 'wide';
  const guess = ({ row }: ShownRow): string => (row.status === 'error' ? (row.message ?? t('failed')) : guessText(row));
  const other = (shown: ShownRow): string => guessText(shown.other);
  return [
    { title: t('result'), kind: 'sign', isQuiet: true, sort: 'class', cell: ({ row }) => colourMark(row, grader) },
    { title: t('item'), kind: 'wide', sort: 'title', cell: title, hint: title },
    { title: t('truth'), kind, sort: 'truth', cell: ({ row }) => truthText(row), hint: ({ row }) => truthText(row) },
    { title: labels.a, kind, sort: 'guess', cell: numeric ? ({ row }) => guessText(row) : guess, hint: guess },
    ...(labels.b === null
      ? []
      : [{ title: labels.b, kind, sort: 'other', cell: other, hint: other } satisfies Column<ShownRow>]),
    ...(numeric
      ? [
          {
            title: t('error'),
            kind: 'number',
            sort: 'error',
            cell: ({ row }) => figure(row.error),
          } satisfies Column<ShownRow>,
        ]
      : []),
    ...(numeric && labels.b !== null
      ? [
          {
            title: t('change'),
            kind: 'number',
            sort: 'change',
            hint: (shown) => {
              const change = changeOf(shown);
              return change === null ? '' : t('error of {0} less error of {1}', labels.a, labels.b ?? '');
            },
            cell: (shown) => {
              const change = changeOf(shown);
              return change === null ? '–' : differenceValue('mae', change);
            },
          } satisfies Column<ShownRow>,
        ]
      : []),
  ];
}
