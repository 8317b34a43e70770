// Retirement dates of models and the sentences about them. The provider's own list overrides the table below.
import { dayText, t, tn } from '../base/messages.ts';
import type { Connection } from './connection.ts';
import { parseModelName } from '../training/modelName.ts';

/** OpenAI's published dates, as read in November 2026. Every fine-tune of a model ends with it. */
const OPENAI_RETIREMENTS: Readonly<Record<string, string>> = {
  'gpt-4.1-nano': '2026-10-23',
  'gpt-4o': '2027-01-14',
  'gpt-4o-mini': '2027-01-14',
  'gpt-4.1': '2027-01-14',
  'gpt-4.1-mini': '2027-01-14',
};

/** First day on which OpenAI accepts no fine-tuning job. */
export const OPENAI_TRAINING_ENDS = '2027-01-06';

/** Days before the end from which the user is notified. */
const WARNING_DAYS = 60;

export interface Deadline {
  /** First day on which the model does not answer, `YYYY-MM-DD`. */
  readonly date: string;
  /** Model that is retired: the model itself, or the base model it was tuned from. */
  readonly model: string;
  /** Negative after the end. */
  readonly daysLeft: number;
}

type Dates = Pick<Connection, 'kind' | 'retirements'>;

/** Deadline of a model of this connection; null when none was announced. `now`: milliseconds. */
export function deadlineOf(connection: Dates, model: string, now: number): Deadline | null {
  const { base } = parseModelName(model);
  const announced = connection.retirements ?? {};
  const find = (name: string): string | undefined =>
    Object.hasOwn(announced, name) ? announced[name] : connection.kind === 'openai' ? known(name) : undefined;
  for (const name of model === base ? [model] : [model, base]) {
    const date = find(name);
    if (date !== undefined) return { date, model: name, daysLeft: daysUntil(date, now) };
  }
  return null;
}

/** Looks up the undated name, so that `gpt-4o-2024-08-06` is found and `gpt-4o-audio-preview` is not. */
function known(model: string): string | undefined {
  const name = model.replace(/-\d{4}-\d{2}-\d{2}$/, '');
  return Object.hasOwn(OPENAI_RETIREMENTS, name) ? OPENAI_RETIREMENTS[name] : undefined;
}

/** Whole days from today (by UTC, as providers count) to a `YYYY-MM-DD`. */
export function daysUntil(date: string, now: number): number {
  return Math.round((Date.parse(`${date}T00:00:00Z`) - Math.floor(now / 86_400_000) * 86_400_000) / 86_400_000);
}

/** Label beside a name in a tree: `52 days left`, `retires tomorrow`, `retired`. */
export function deadlineBadge({ daysLeft }: Deadline): string {
  if (daysLeft <= 0) return t('retired');
  return daysLeft === 1 ? t('retires tomorrow') : tn(daysLeft, '{0} day left', '{0} days left');
}

/** Sentences about a deadline: `gpt-4o-mini will be retired in 52 days, on Jan 14, 2027. Every model tuned from it will be retired with it.` */
export function deadlineSentence(deadline: Deadline): string {
  const { model, daysLeft } = deadline;
  const sentences = [endSentence(deadline)];
  if (parseModelName(model).form === 'plain') {
    sentences.push(
      daysLeft <= 0
        ? t('Every model tuned from it was retired with it.')
        : t('Every model tuned from it will be retired with it.'),
    );
  }
  return sentences.join(' ');
}

function endSentence({ model, date, daysLeft }: Deadline): string {
  const day = dayInWords(date);
  if (daysLeft <= 0) return t('{0} was retired on {1}.', model, day);
  if (daysLeft === 1) return t('{0} will be retired tomorrow, on {1}.', model, day);
  return tn(
    daysLeft,
    '{1} will be retired in {0} day, on {2}.',
    '{1} will be retired in {0} days, on {2}.',
    model,
    day,
  );
}

/** Day in the form of the language: `Jan 14, 2027`. `date`: `YYYY-MM-DD`. */
export function dayInWords(date: string): string {
  const [year = NaN, month = NaN, day = NaN] = date.split('-').map(Number);
  return dayText(new Date(year, month - 1, day));
}

/** Tells whether the user has to be notified: within the last 60 days before the end. */
export function isUrgent({ daysLeft }: Deadline): boolean {
  return daysLeft > 0 && daysLeft <= WARNING_DAYS;
}
