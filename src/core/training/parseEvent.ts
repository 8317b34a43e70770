import * as z from 'zod/mini';
import { t } from '../base/messages.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { JobEvent, MetricPoint } from './job.ts';
import { count, figure, record, step, text } from './wire.ts';

const wireEvent = z.object({
  id: z.string().check(z.minLength(1)),
  created_at: count,
  level: text,
  message: text,
  type: text,
  data: record,
});

/** Parses an event from a provider. Fails only when it is no object with an `id`. */
export function parseEvent(value: unknown): Result<JobEvent> {
  const parsed = wireEvent.safeParse(value);
  if (!parsed.success) {
    return fail({
      code: 'not-an-event',
      message: t('The server sent something that is not an event of a job.'),
      action: t('Check the address of the connection: it must be the API, not a web page.'),
    });
  }
  const wire = parsed.data;
  const message = wire.message ?? '';
  return ok({
    id: wire.id,
    createdAt: wire.created_at ?? 0,
    level: wire.level ?? 'info',
    message,
    type: wire.type ?? 'message',
    // Figures in the data come first; the message has them rounded to two decimals.
    metrics: parseMetrics(wire.data) ?? metricsFromMessage(message),
    moderation: wire.type === 'moderation_checks' ? moderationOf(wire.data) : null,
  });
}

/** Parses the metrics of an event or a checkpoint; null when there is no step or no figure. */
export function parseMetrics(data: Readonly<Record<string, unknown>>): MetricPoint | null {
  const at = step.parse(data['step']);
  if (at === null) return null;
  const either = (...keys: readonly string[]): number | null => {
    for (const key of keys) {
      const value = figure.parse(data[key]);
      if (value !== null) return value;
    }
    return null;
  };
  const point: MetricPoint = {
    step: at,
    totalSteps: step.parse(data['total_steps']),
    trainLoss: either('train_loss', 'training_loss'),
    trainAccuracy: either('train_mean_token_accuracy', 'train_accuracy'),
    validLoss: either('valid_loss', 'validation_loss'),
    validAccuracy: either('valid_mean_token_accuracy', 'validation_mean_token_accuracy'),
    fullValidLoss: either('full_valid_loss', 'full_validation_loss'),
    fullValidAccuracy: either('full_valid_mean_token_accuracy', 'full_validation_mean_token_accuracy'),
  };
  const others = otherFigures(data);
  const whole = others === null ? point : { ...point, others };
  return hasFigure(whole) ? whole : null;
}

/** Most other figures of a step that are kept: they are stored for every step. */
const MOST_FIGURES = 64;
const MOST_LEVELS = 3;
const NO_FIGURES: ReadonlySet<string> = new Set(['step', 'total_steps']);
/** Figures that `MetricPoint` has a field for, by the names that providers write. */
const FIELDS =
  /^(?:train(?:ing)?|(?:full_)?valid(?:ation)?)_loss$|^train_accuracy$|^(?:train|(?:full_)?valid(?:ation)?)_mean_token_accuracy$/;

/** Finite numbers without a field of their own, by name; those of nested objects under `outer.inner`. Null when there are none. */
function otherFigures(data: Readonly<Record<string, unknown>>): Record<string, number> | null {
  const figures = new Map<string, number>();
  const collect = (values: object, prefix: string, level: number): void => {
    for (const [key, value] of Object.entries(values) as readonly [string, unknown][]) {
      if (figures.size >= MOST_FIGURES) return;
      const name = `${prefix}${key}`;
      if (name.length > 100) continue;
      if (typeof value === 'number' && Number.isFinite(value) && !NO_FIGURES.has(name) && !FIELDS.test(name))
        figures.set(name, value);
      else if (typeof value === 'object' && value !== null && !Array.isArray(value) && level < MOST_LEVELS)
        collect(value, `${name}.`, level + 1);
    }
  };
  collect(data, '', 1);
  return figures.size === 0 ? null : Object.fromEntries(figures);
}

function hasFigure(point: MetricPoint): boolean {
  const { trainLoss, trainAccuracy, validLoss, validAccuracy, fullValidLoss, fullValidAccuracy, others } = point;
  if (others !== undefined) return true;
  return [trainLoss, trainAccuracy, validLoss, validAccuracy, fullValidLoss, fullValidAccuracy].some(
    (value) => value !== null,
  );
}

const STEP = /^Step (\d{1,12})(?:\/(\d{1,12}))?:/;
const DIGITS = String.raw`\d{1,12}(?:\.\d{1,20})?(?:[eE][-+]?\d{1,3})?`;
const NUMBER = `(${DIGITS})`;
const TRAIN = new RegExp(`\\btrain(?:ing)? loss=${NUMBER}`);
const VALID = new RegExp(`(?<!full )\\bvalid(?:ation)? loss=${NUMBER}`);
const FULL = new RegExp(`\\bfull valid(?:ation)? loss=${NUMBER}`);
const KNOWN = /^(?:train(?:ing)?|(?:full )?valid(?:ation)?) loss$/;
const PAIR = new RegExp(`(?:^|, )([a-z][a-z _-]{0,60}[a-z])=(-?${DIGITS})(?=,|$)`, 'g');

/** Figures of a message besides the losses, by name: `reward mean=0.5` is `reward_mean`. */
function othersOfMessage(text: string): Pick<MetricPoint, 'others'> {
  const figures: Record<string, number> = {};
  for (const [, name = '', value = ''] of [...text.matchAll(PAIR)].slice(0, MOST_FIGURES))
    if (!KNOWN.test(name)) figures[name.replaceAll(/[ -]/g, '_')] = Number(value);
  return Object.keys(figures).length === 0 ? {} : { others: figures };
}

/** Parses `Step 500/500: training loss=1.00, validation loss=0.66, full validation loss=1.14`; null for any other message. */
export function metricsFromMessage(message: string): MetricPoint | null {
  const head = STEP.exec(message);
  if (head === null) return null;
  const number = (pattern: RegExp): number | null => {
    const match = pattern.exec(message);
    return match === null ? null : figure.parse(Number(match[1]));
  };
  const point: MetricPoint = {
    step: Number(head[1]),
    totalSteps: head[2] === undefined ? null : Number(head[2]),
    trainLoss: number(TRAIN),
    trainAccuracy: null,
    validLoss: number(VALID),
    validAccuracy: null,
    fullValidLoss: number(FULL),
    fullValidAccuracy: null,
    ...othersOfMessage(message.slice(head[0].length).trimStart()),
  };
  return hasFigure(point) ? point : null;
}

function moderationOf(data: Readonly<Record<string, unknown>>): JobEvent['moderation'] {
  const results = Array.isArray(data['results']) ? data['results'].map((result: unknown) => record.parse(result)) : [];
  return {
    categories: results.length,
    flagged: results
      .filter((result) => result['flagged'] === true)
      .map((result) => text.parse(result['category']) ?? t('unnamed category')),
  };
}
