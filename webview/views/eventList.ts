import { t, tn } from '../../src/core/base/messages.ts';
import { count } from '../../src/core/base/numbers.ts';
import { clock } from '../../src/core/base/times.ts';
import { MOST_EVENTS, type JobPanelState } from '../../src/protocol/jobPanel.ts';
import { el, setText, show } from '../dom.ts';
import { heading, Placeholder } from './parts.ts';

type Event = JobPanelState['events'][number];

/** The newest events of a job. New ones are added in front: rows that are there stay. */
export class EventList {
  readonly elements: readonly HTMLElement[];
  readonly #heading = heading('h2', t('Events'));
  readonly #none = new Placeholder();
  readonly #body = el('tbody');
  readonly #box: HTMLElement;
  readonly #older = el('td', { class: 'dim' });
  readonly #olderRow = el('tr', {}, [el('td'), this.#older]);
  /** Newest first. */
  #shown: { readonly event: Event; readonly row: HTMLTableRowElement }[] = [];

  constructor() {
    this.#box = el('div', { class: 'events', attributes: { tabindex: 0, role: 'region', 'aria-label': t('Events') } }, [
      el('table', { attributes: { 'aria-label': t('Events, newest first') } }, [this.#body]),
    ]);
    this.elements = [this.#heading.element, this.#none.element, this.#box];
    this.#body.append(this.#olderRow);
  }

  /** Shows other events. `events`: newest first. */
  set(events: readonly Event[], total: number): void {
    for (const { row } of this.#shown) row.remove();
    this.#shown = [];
    this.add(events, total);
  }

  /** Adds events; one that is there already takes the place of the earlier one. `total`: number of all events of the job. */
  add(events: readonly Event[], total: number): void {
    for (const event of events.toReversed()) this.#put(event);
    for (const { row } of this.#shown.splice(MOST_EVENTS)) row.remove();
    const older = total - this.#shown.length;
    show(this.#olderRow, older > 0);
    if (older > 0)
      setText(
        this.#older,
        tn(older, '{0} older event: see the job in the tree.', '{0} older events: see the job in the tree.'),
      );
    setText(this.#heading.note, total === 0 ? '' : count(total));
    this.#none.set(total === 0 ? t('Nothing has been reported yet.') : null);
    show(this.#box, total > 0);
  }

  #put(event: Event): void {
    const row = rowOf(event);
    const known = this.#shown.findIndex((one) => one.event.id === event.id);
    if (known >= 0) {
      this.#shown[known]?.row.replaceWith(row);
      this.#shown[known] = { event, row };
      return;
    }
    const found = this.#shown.findIndex((one) => one.event.createdAt <= event.createdAt);
    const place = found < 0 ? this.#shown.length : found;
    (this.#shown[place]?.row ?? this.#olderRow).before(row);
    this.#shown.splice(place, 0, { event, row });
  }
}

function rowOf(event: Event): HTMLTableRowElement {
  const { level } = event;
  return el('tr', { class: level === 'error' ? 'bad' : level === 'warn' || level === 'warning' ? 'warning' : '' }, [
    el('td', { class: 'when' }, [clock(event.createdAt)]),
    el('td', {}, [eventText(event)]),
  ]);
}

/** The provider's message, with a word for its level: color alone does not tell it. */
function eventText({ level, message }: Event): string {
  if (level === 'error') return t('Error: {0}', message);
  return level === 'warn' || level === 'warning' ? t('Warning: {0}', message) : message;
}
