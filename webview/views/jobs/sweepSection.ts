import { spoken, t, tn } from '../../../src/core/base/messages.ts';
import type { JobRow } from '../../../src/core/training/compare/jobRow.ts';
import { sweepResult } from '../../../src/core/training/sweep/sweepResult.ts';
import type { SweepView } from '../../../src/protocol/jobsPanel.ts';
import { button } from '../../components.ts';
import { el, show } from '../../dom.ts';
import { metric } from '../../format.ts';
import { visibleLine } from '../../visibleText.ts';
import { nameOf } from './jobsTable.ts';

interface Listeners {
  readonly onCancel: (id: string) => void;
  readonly onShowAll: () => void;
}

/** What a sweep tried and how far it is, above the rows of its runs, and what its lowest loss does not say. */
export class SweepSection {
  readonly element = el('section', { class: 'sweep', attributes: { 'aria-label': t('Sweep') } });
  readonly #listeners: Listeners;
  readonly #place = el('div');
  readonly #cancel = button(t('Cancel Sweep'), 'secondary', () => {
    if (this.#id !== null) this.#listeners.onCancel(this.#id);
  });
  #id: string | null = null;
  #drawn = '';

  constructor(listeners: Listeners) {
    this.#listeners = listeners;
    const all = button(t('Show All Jobs'), 'secondary', () => {
      listeners.onShowAll();
    });
    this.element.append(this.#place, el('p', { class: 'actions' }, [this.#cancel.element, all.element]));
    show(this.element, false);
  }

  /** @param rows all runs of the sweep, whatever else is filtered; null: no sweep is shown */
  update(sweep: SweepView | null, id: string | null, rows: readonly JobRow[]): void {
    this.#id = id;
    show(this.element, id !== null);
    if (id === null) return;
    this.#cancel.setShown(sweep !== null && sweep.state === 'running' && sweep.isHere);
    const texts = [...(sweep === null ? [] : aboutSweep(sweep, rows)), ...aboutResult(rows)];
    const title = titleOf(sweep, rows);
    const signature = [title, ...texts].join('\n');
    // A selection of text survives the steps of a running job.
    if (signature === this.#drawn) return;
    this.#drawn = signature;
    this.#place.replaceChildren(el('h2', {}, [title]), ...texts.map((text) => el('p', {}, [text])));
  }
}

function titleOf(sweep: SweepView | null, rows: readonly JobRow[]): string {
  const name = sweep?.name ?? String(rows[0]?.values['dataset'] ?? '');
  return t('Sweep of {0}', visibleLine(name));
}

/** Rows of each sweep by its id, of known ones also where they have none yet. */
export function runsBySweep(
  sweeps: readonly Pick<SweepView, 'id'>[],
  rows: readonly JobRow[],
): ReadonlyMap<string, readonly JobRow[]> {
  const runs = new Map<string, JobRow[]>(sweeps.map(({ id }) => [id, []]));
  for (const row of rows) {
    const id = row.values['sweep'];
    if (typeof id !== 'string') continue;
    const known = runs.get(id);
    if (known) known.push(row);
    else runs.set(id, [row]);
  }
  return runs;
}

/** Name of a sweep in a list: its dataset, and when it began. */
export function sweepLabel(sweep: SweepView | null, rows: readonly JobRow[]): string {
  const created = rows.map(({ values }) => values['created']).find((value) => typeof value === 'number');
  const at = sweep?.at ?? (created ?? 0) * 1000;
  const time = new Intl.DateTimeFormat(spoken().locale, { dateStyle: 'medium', timeStyle: 'short' }).format(at);
  return t('{0}, {1}', titleOf(sweep, rows), time);
}

function aboutSweep({ state, isHere, runs, over, design, without }: SweepView, rows: readonly JobRow[]): string[] {
  const good = rows.filter(({ values }) => values['status'] === 'succeeded').length;
  const course =
    state === 'running'
      ? isHere
        ? t('Run {0} of {1} goes on.', Math.min(runs, over + 1), runs)
        : t('{0} of {1} runs are over; it goes on in another window, or when one is opened again.', over, runs)
      : state === 'canceled'
        ? tn(good, 'It was canceled; {0} of {1} runs succeeded.', 'It was canceled; {0} of {1} runs succeeded.', runs)
        : tn(good, '{0} of {1} runs succeeded.', '{0} of {1} runs succeeded.', runs);
  return [
    course,
    t('Tried: {0}. Data, validation examples and seed are the same in all runs.', design),
    ...without.map(({ run, reason }) => t('Run {0} could not be started: {1}', run, visibleLine(reason))),
  ];
}

/** Nothing is called best: the lowest of several figures is low by luck, too. */
function aboutResult(rows: readonly JobRow[]): string[] {
  const result = sweepResult(rows);
  if (result === null) return [];
  const [first, ...others] = result.lowest;
  if (!first) return [];
  const loss = metric(result.loss);
  return [
    others.length === 0
      ? t('The lowest validation loss is {0}, of {1}.', loss, visibleLine(nameOf(first)))
      : t('The lowest validation loss is {0}, of {1} runs.', loss, result.lowest.length),
    t(
      'That is no claim that its settings are better: each was trained once, with one seed, and the lowest of {0} losses tends to be lower than what the same model reaches on new rows. Evaluate its model, and that of the usual settings, on a test file that no run has seen.',
      result.runs,
    ),
  ];
}
