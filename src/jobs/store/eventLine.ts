// Lines of a job's journal of events: some events each, as columns, which takes a third of the text of objects.
import { figuresOf, pointOfFigures } from '../../core/training/curves/pointTable.ts';
import type { JobEvent, MetricPoint } from '../../core/training/job.ts';

/** Most events, and about the most characters of their texts, in a line: it is read at once. */
const EVENTS_A_LINE = 200;
const TEXT_A_LINE = 100_000;

interface EventLine {
  readonly v: 1;
  readonly id: readonly string[];
  readonly at: readonly number[];
  readonly level: readonly string[];
  readonly type: readonly string[];
  readonly message: readonly string[];
  readonly step: readonly (number | null)[];
  readonly total: readonly (number | null)[];
  /** Values of each figure, a place an event. */
  readonly figures: Readonly<Record<string, readonly (number | null)[]>>;
  /** Policy checks by the place of the event. */
  readonly moderation?: Readonly<Record<string, JobEvent['moderation']>>;
}

/** Divides events into those of a line each, in their order. */
export function* linesOf(events: readonly JobEvent[]): Generator<readonly JobEvent[]> {
  let from = 0;
  let text = 0;
  for (const [index, { message }] of events.entries()) {
    text += message.length;
    if (index + 1 - from < EVENTS_A_LINE && text < TEXT_A_LINE) continue;
    yield events.slice(from, index + 1);
    from = index + 1;
    text = 0;
  }
  if (from < events.length) yield events.slice(from);
}

export function lineOf(events: readonly JobEvent[]): EventLine {
  const figures = new Map<string, (number | null)[]>();
  for (const [index, { metrics }] of events.entries()) {
    if (!metrics) continue;
    for (const [name, value] of figuresOf(metrics)) {
      let column = figures.get(name);
      if (!column) figures.set(name, (column = new Array<number | null>(events.length).fill(null)));
      column[index] = value;
    }
  }
  const moderation = events.flatMap(({ moderation: found }, index) => (found ? [[String(index), found] as const] : []));
  return {
    v: 1,
    id: events.map(({ id }) => id),
    at: events.map(({ createdAt }) => createdAt),
    level: events.map(({ level }) => level),
    type: events.map(({ type }) => type),
    message: events.map(({ message }) => message),
    step: events.map(({ metrics }) => metrics?.step ?? null),
    total: events.map(({ metrics }) => metrics?.totalSteps ?? null),
    figures: Object.fromEntries(figures),
    ...(moderation.length === 0 ? {} : { moderation: Object.fromEntries(moderation) }),
  };
}

/** Events of a line, in its order; none for a record that this version does not understand. Its checksum says that it is ours. */
export function eventsOf(record: unknown): readonly JobEvent[] {
  if (!isEventLine(record)) return [];
  const { id, at, level, type, message, step, total, figures, moderation } = record;
  const names = Object.entries(figures);
  const metricsAt = (index: number): MetricPoint | null => {
    const place = step[index] ?? null;
    if (place === null) return null;
    const found = new Map(names.map(([name, values]) => [name, values[index] ?? Number.NaN]));
    return { ...pointOfFigures(place, found), totalSteps: total[index] ?? null };
  };
  return id.map((own, index) => ({
    id: own,
    createdAt: at[index] ?? 0,
    level: level[index] ?? 'info',
    message: message[index] ?? '',
    type: type[index] ?? 'message',
    metrics: metricsAt(index),
    moderation: moderation?.[String(index)] ?? null,
  }));
}

function isEventLine(record: unknown): record is EventLine {
  if (typeof record !== 'object' || record === null) return false;
  const { v, id, at, level, type, message, step, total, figures } = record as Partial<EventLine>;
  return (
    v === 1 &&
    [id, at, level, type, message, step, total].every((column) => Array.isArray(column)) &&
    typeof figures === 'object'
  );
}
