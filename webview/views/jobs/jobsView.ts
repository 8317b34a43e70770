import { t, tn } from '../../../src/core/base/messages.ts';
import { count } from '../../../src/core/base/numbers.ts';
import {
  chooseRows,
  prepareRows,
  sortRows,
  startsDescending,
  statusesOf,
} from '../../../src/core/training/compare/arrange.ts';
import {
  addColumns,
  FIRST_COLUMNS,
  orderedColumns,
  settingsFirst,
  SWEEP_COLUMNS,
} from '../../../src/core/training/compare/columns.ts';
import { differingColumns } from '../../../src/core/training/compare/differ.ts';
import { rowKey, type JobRow } from '../../../src/core/training/compare/jobRow.ts';
import { jobsCsv } from '../../../src/core/training/compare/jobsCsv.ts';
import { sweepResult } from '../../../src/core/training/sweep/sweepResult.ts';
import type { SweepView } from '../../../src/protocol/jobsPanel.ts';
import type { PanelState } from '../../../src/protocol/panelMessages.ts';
import { jobStatusWord } from '../../../src/core/training/words/describe.ts';
import { button, checkbox, linkButton, searchField, select } from '../../components.ts';
import { el, setText, show } from '../../dom.ts';
import { popover } from '../../popover.ts';
import { Placeholder, type View, type ViewContext } from '../parts.ts';
import { ColumnMenu } from './columnMenu.ts';
import { readJobsView, type JobsViewState } from './jobsState.ts';
import { JobsTable } from './jobsTable.ts';
import { ScatterSection } from './scatterSection.ts';
import { runsBySweep, SweepSection, sweepLabel } from './sweepSection.ts';

const ALL = '';
/** Milliseconds between two drawings while a long list comes in. */
const LOADING_MS = 250;
/** Jobs that can be opened in one chart; the extension says so where more are selected. */
const MOST_SELECTED = 1000;

/** Table of all jobs of all connections. */
export function createJobsView(context: ViewContext): View {
  const view = new JobsView(context);
  return {
    element: view.element,
    receive: (message) => {
      if (message.type === 'state' && message.state.panel === 'jobs') view.set(message.state);
      else if (message.type === 'sweeps') view.setSweeps(message.sweeps);
      else if (message.type === 'showSweep') view.showSweep(message.id);
      else if (message.type === 'jobRows') view.add(message.rows, message.removed);
    },
  };
}

class JobsView {
  readonly element: HTMLElement;
  readonly #context: ViewContext;
  readonly #rows = new Map<string, JobRow>();
  readonly #present = new Set<string>();
  readonly #selected: Set<string>;
  #total = 0;
  #state: JobsViewState;
  #shown: readonly JobRow[] = [];
  #columns: readonly string[] = [];
  #drawing: ReturnType<typeof setTimeout> | undefined;
  #drawnAt = -Infinity;
  #sweeps: readonly SweepView[] = [];

  readonly #count = el('span', { class: 'dim', attributes: { role: 'status' } });
  readonly #search = searchField(t('Search jobs'), () => {
    this.#change({ text: this.#search.value });
  });
  readonly #status = select<string>(t('Status'), (status) => {
    this.#change({ status: status === ALL ? null : status });
  });
  readonly #sweep = select<string>(t('Sweep'), (sweep) => {
    this.showSweep(sweep === ALL ? null : sweep);
  });
  readonly #sweepSection = new SweepSection({
    onCancel: (id) => {
      this.#context.post({ type: 'cancelSweep', id });
    },
    onShowAll: () => {
      this.showSweep(null);
    },
  });
  readonly #starred = checkbox(t('Starred only'), false, () => {
    this.#change({ starredOnly: this.#starred.checked() });
  });
  readonly #hidden = checkbox(t('Hidden jobs too'), false, () => {
    this.#change({ withHidden: this.#hidden.checked() });
  });
  readonly #differing = checkbox(t('Only what differs'), false, () => {
    this.#change({ differing: this.#differing.checked() });
  });
  readonly #menu = new ColumnMenu({
    onToggle: (column, shown) => {
      const others = this.#chosenColumns().filter((other) => other !== column);
      this.#chooseColumns(shown ? [...others, column] : others);
    },
    onReset: () => {
      this.#chooseColumns(null);
    },
  });
  readonly #scatterButton = button(t('Scatter Chart'), 'secondary', () => {
    this.#change({ scatter: !this.#state.scatter });
  });
  readonly #export = button(t('Save as CSV…'), 'secondary', () => {
    this.#context.post({ type: 'exportJobs', data: jobsCsv(this.#shown, this.#columns) });
  });
  readonly #clear = button(t('Clear Selection'), 'secondary', () => {
    this.#selected.clear();
    this.#select();
  });
  readonly #compare = button(t('Compare Charts'), 'primary', () => {
    const jobs = [...this.#selected].flatMap((key) => this.#rows.get(key) ?? []);
    this.#context.post({
      type: 'compareJobCharts',
      jobs: jobs.map(({ connectionId, jobId }) => ({ connectionId, jobId })),
    });
  });
  readonly #table = new JobsTable({
    onOpen: (row) => {
      this.#open(row);
    },
    onOpenRun: (runId) => {
      this.#context.post({ type: 'openJobRun', runId });
    },
    onSort: (key) => {
      const { sort } = this.#state;
      const descending = sort.key === key ? !sort.descending : startsDescending(key);
      this.#change({ sort: { key, descending } });
    },
    onStar: (row) => {
      this.#star(row);
    },
    onSelect: (row) => {
      const key = rowKey(row);
      if (!this.#selected.delete(key) && this.#selected.size < MOST_SELECTED) this.#selected.add(key);
      this.#select();
    },
    isSelected: (row) => this.#selected.has(rowKey(row)),
  });
  readonly #scatter = new ScatterSection({
    onOpen: (row) => {
      this.#open(row);
    },
    onSelect: (keys) => {
      this.#selected.clear();
      for (const key of keys.slice(0, MOST_SELECTED)) this.#selected.add(key);
      this.#select();
    },
    onChange: (change) => {
      this.#change(change);
    },
    isSelected: (row) => this.#selected.has(rowKey(row)),
  });
  readonly #placeholder = new Placeholder();
  readonly #start = button(t('Start Fine-Tuning…'), 'primary', () => {
    this.#context.post({ type: 'startJob' });
  });
  readonly #clearFilter = linkButton(t('Clear Filter'), () => {
    this.#search.value = '';
    this.#change({ text: '', status: null, starredOnly: false, sweep: null });
  });
  readonly #tools = el('div', { class: 'toolbar jobs-toolbar' }, [
    this.#search,
    this.#status.element,
    this.#sweep.element,
    this.#starred.element,
    this.#hidden.element,
    this.#differing.element,
    el('span', { class: 'grow' }),
    this.#menu.element,
    this.#scatterButton.element,
    this.#export.element,
    popover(t('Keys'), t('Keys of the table'), [keyTable()]).element,
  ]);

  constructor(context: ViewContext) {
    this.#context = context;
    this.#state = readJobsView(context.saved);
    this.#selected = new Set(this.#state.selected);
    this.#search.value = this.#state.text;
    this.element = el('main', { class: 'jobs-page' }, [
      el('header', {}, [
        el('h1', {}, [t('Jobs')]),
        this.#count,
        el('span', { class: 'grow' }),
        el('span', { class: 'actions' }, [this.#clear.element, this.#compare.element]),
      ]),
      this.#tools,
      this.#sweepSection.element,
      this.#placeholder.element,
      el('p', { class: 'empty-actions' }, [this.#start.element, this.#clearFilter]),
      this.#table.element,
      this.#scatter.element,
    ]);
    this.#placeholder.set(t('Reading the jobs.'));
    show(this.#start.element, false);
    show(this.#clearFilter, false);
    this.#showTools(false);
  }

  set({ rows, total, sweeps, shownSweep }: Extract<PanelState, { panel: 'jobs' }>): void {
    this.#sweeps = sweeps;
    if (shownSweep !== null) this.#keep({ sweep: shownSweep });
    this.#rows.clear();
    this.#present.clear();
    this.#total = total;
    this.add(rows, []);
  }

  add(rows: readonly JobRow[], removed: readonly string[]): void {
    for (const row of rows) this.#rows.set(rowKey(row), row);
    for (const key of removed) this.#rows.delete(key);
    this.#total = Math.max(this.#total - removed.length, this.#rows.size);
    addColumns(this.#present, rows);
    prepareRows(rows);
    // A long list is sorted and drawn now and then while it comes in, and once when it is there.
    const wait = this.#rows.size < this.#total ? LOADING_MS - (performance.now() - this.#drawnAt) : 0;
    if (wait <= 0) {
      clearTimeout(this.#drawing);
      this.#drawing = setTimeout(() => {
        this.#render();
      });
    } else {
      this.#drawing ??= setTimeout(() => {
        this.#render();
      }, wait);
    }
  }

  setSweeps(sweeps: readonly SweepView[]): void {
    this.#sweeps = sweeps;
    this.#render();
  }

  /** Shows the runs of a sweep alone; null: all jobs. */
  showSweep(sweep: string | null): void {
    this.#change({ sweep });
  }

  #change(change: Partial<JobsViewState>): void {
    this.#keep(change);
    this.#render();
  }

  #keep(change: Partial<JobsViewState>): void {
    this.#state = { ...this.#state, ...change };
    this.#context.save(this.#state);
  }

  #chooseColumns(columns: readonly string[] | null): void {
    const chosen = columns === null ? null : [...columns];
    this.#change(this.#state.sweep === null ? { columns: chosen } : { sweepColumns: chosen });
  }

  #open({ connectionId, jobId }: JobRow): void {
    this.#context.post({ type: 'openJobRow', job: { connectionId, jobId } });
  }

  /** Shown at once; the extension keeps it and sends the row again. */
  #star(row: JobRow): void {
    const { connectionId, jobId } = row;
    const starred = !row.starred;
    this.#rows.set(rowKey(row), { ...row, starred });
    this.#context.post({ type: 'starJob', job: { connectionId, jobId }, starred });
    this.#render();
  }

  #select(): void {
    this.#state = { ...this.#state, selected: [...this.#selected] };
    this.#context.save(this.#state);
    if (this.#state.differing || this.#state.scatter) this.#render();
    else this.#drawCounts();
    this.#table.markAgain();
  }

  /** Columns of the user's choice, as far as some job has a value there. */
  #chosenColumns(): readonly string[] {
    const { sweep, columns, sweepColumns } = this.#state;
    const chosen = new Set(sweep === null ? (columns ?? FIRST_COLUMNS) : (sweepColumns ?? SWEEP_COLUMNS));
    const shown = orderedColumns(this.#present).filter((column) => chosen.has(column));
    return sweep === null ? shown : settingsFirst(shown);
  }

  #render(): void {
    clearTimeout(this.#drawing);
    this.#drawing = undefined;
    this.#drawnAt = performance.now();
    const all = [...this.#rows.values()];
    const { sort, differing } = this.#state;
    this.#shown = sortRows(chooseRows(all, this.#state), sort);
    const chosen = this.#chosenColumns();
    this.#columns = differing ? this.#differingOf(chosen) : chosen;
    this.#drawSweep(all);
    this.#table.update(this.#shown, this.#columns, sort);
    this.#menu.update(orderedColumns(this.#present), chosen);
    this.#scatter.update(this.#shown, orderedColumns(this.#present), this.#state);
    this.#status.setOptions(
      [
        { value: ALL, label: t('All statuses') },
        ...statusesOf(all).map(([value, number]) => ({ value, label: t('{0} ({1})', jobStatusWord(value), number) })),
      ],
      this.#state.status ?? ALL,
    );
    this.#starred.setChecked(this.#state.starredOnly);
    this.#hidden.setChecked(this.#state.withHidden);
    this.#differing.setChecked(differing);
    this.#scatterButton.setPressed(this.#state.scatter);
    this.#drawCounts();
    this.#drawEmpty(all.length);
  }

  #drawSweep(all: readonly JobRow[]): void {
    const { sweep } = this.#state;
    const runs = runsBySweep(sweep === null ? this.#sweeps : [...this.#sweeps, { id: sweep }], all);
    const viewOf = (id: string | null): SweepView | null => this.#sweeps.find((one) => one.id === id) ?? null;
    show(this.#sweep.element, runs.size > 0);
    this.#sweep.setOptions(
      [
        { value: ALL, label: t('All jobs') },
        ...[...runs].map(([id, rows]) => ({ value: id, label: sweepLabel(viewOf(id), rows) })),
      ],
      sweep ?? ALL,
    );
    const rows = sweep === null ? [] : (runs.get(sweep) ?? []);
    this.#sweepSection.update(viewOf(sweep), sweep, rows);
    this.#table.setLowest(sweep === null ? [] : (sweepResult(rows)?.lowest ?? []));
  }

  /** The job's name, and the columns in which the selected jobs differ; without a selection of two, the shown ones. */
  #differingOf(columns: readonly string[]): readonly string[] {
    const selected = this.#shown.filter((row) => this.#selected.has(rowKey(row)));
    const rows = selected.length >= 2 ? selected : this.#shown;
    const differing = new Set(differingColumns(rows, columns));
    return columns.filter((column) => column === 'name' || differing.has(column));
  }

  #drawCounts(): void {
    const selected = [...this.#selected].filter((key) => this.#rows.has(key)).length;
    const jobs = tn(this.#total, '{0} job', '{0} jobs');
    const shown = this.#shown.length === this.#total ? jobs : t('{0} of {1}', count(this.#shown.length), jobs);
    setText(this.#count, selected === 0 ? shown : `${shown} · ${t('{0} selected', selected)}`);
    this.#compare.setEnabled(selected >= 2);
    this.#clear.setShown(selected > 0);
  }

  #drawEmpty(known: number): void {
    const isNone = known === 0;
    const isFiltered = !isNone && this.#shown.length === 0 && !this.#isSweepAlone();
    this.#placeholder.set(
      isNone
        ? t('No jobs yet. Each fine-tuning job gets a row here as soon as it is started.')
        : isFiltered
          ? t('No job matches the filter.')
          : null,
    );
    show(this.#start.element, isNone);
    show(this.#clearFilter, isFiltered);
    this.#showTools(!isNone);
    show(this.#table.element, this.#shown.length > 0);
  }

  /** A sweep whose first run has no row yet is no filter that matches nothing. */
  #isSweepAlone(): boolean {
    const { sweep, text, status, starredOnly } = this.#state;
    return sweep !== null && text === '' && status === null && !starredOnly;
  }

  #showTools(shown: boolean): void {
    show(this.#tools, shown);
    this.#compare.setShown(shown);
    if (!shown) this.#clear.setShown(false);
  }
}

/** Keys of a row that has the focus, and the same by mouse. */
function keyTable(): HTMLElement {
  const rows: readonly (readonly [string, string])[] = [
    [t('↑ ↓, Page Up, Page Down, Home, End'), t('move between the jobs')],
    [t('Space'), t('select a job')],
    [t('Enter'), t('open its charts')],
    [t('S'), t('star it')],
    [t('E'), t('open its newest evaluation')],
  ];
  return el('table', { class: 'keys', attributes: { 'aria-label': t('Keys of the table') } }, [
    el(
      'tbody',
      {},
      rows.map(([keys, what]) =>
        el('tr', {}, [el('th', { attributes: { scope: 'row' } }, [keys]), el('td', {}, [what])]),
      ),
    ),
  ]);
}
