// When models end, and how to say it. What the provider's own list announces goes before the table below.
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

/** From this day on nobody can create a fine-tuning job at OpenAI. */
export const OPENAI_TRAINING_ENDS = '2027-01-06';

/** Days before the end from which people are told without asking. */
const WARNING_DAYS = 60;

export interface Deadline {
  /** `YYYY-MM-DD`, the first day on which the model does not answer. */
  readonly date: string;
  /** Whose end it is: the model itself, or the base model it was tuned from. */
  readonly model: string;
  /** Negative when it is over. */
  readonly daysLeft: number;
}

type Dates = Pick<Connection, 'kind' | 'retirements'>;

/** When a model of this connection ends; null when nobody announced it. `now`: milliseconds. */
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

/** By the undated name, so that `gpt-4o-2024-08-06` is found and `gpt-4o-audio-preview` is not. */
function known(model: string): string | undefined {
  const name = model.replace(/-\d{4}-\d{2}-\d{2}$/, '');
  return Object.hasOwn(OPENAI_RETIREMENTS, name) ? OPENAI_RETIREMENTS[name] : undefined;
}

/** Whole days from today (by UTC, as providers count) to a `YYYY-MM-DD`. */
export function daysUntil(date: string, now: number): number {
  return Math.round((Date.parse(`${date}T00:00:00Z`) - Math.floor(now / 86_400_000) * 86_400_000) / 86_400_000);
}

/** Beside a name in a tree: `52 days left`, `ends tomorrow`, `retired`. */
export function deadlineBadge({ daysLeft }: Deadline): string {
  if (daysLeft <= 0) return 'retired';
  return daysLeft === 1 ? 'ends tomorrow' : `${String(daysLeft)} days left`;
}

/** `gpt-4o-mini ends on 14 January 2027, in 52 days, and every model tuned from it with it.` */
export function deadlineSentence(deadline: Deadline): string {
  const { model, date, daysLeft } = deadline;
  const whole = parseModelName(model).form === 'plain' ? ', and every model tuned from it with it' : '';
  if (daysLeft <= 0) return `${model} ended on ${dayInWords(date)}${whole}.`;
  const when = daysLeft === 1 ? 'tomorrow' : `in ${String(daysLeft)} days`;
  return `${model} ends on ${dayInWords(date)}, ${when}${whole}.`;
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** `14 January 2027`, the same in every locale. */
export function dayInWords(date: string): string {
  const [year = '', month = '', day = ''] = date.split('-');
  return `${String(Number(day))} ${MONTHS[Number(month) - 1] ?? month} ${year}`;
}

/** Whether it is time to tell: within the last 60 days, and not over yet. */
export function isUrgent({ daysLeft }: Deadline): boolean {
  return daysLeft > 0 && daysLeft <= WARNING_DAYS;
}
