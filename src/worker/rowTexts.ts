// Texts that stand for a row in lists: its question and its answer, for rows of every kind.
import type { CheckedLine } from '../core/dataset/check/checkedLine.ts';
import { isRecord } from '../core/dataset/check/rules/rule.ts';
import { answerOf } from '../core/dataset/identity.ts';
import { questionOf } from '../core/evaluation/prompt.ts';
import { measurable } from './measurable.ts';

/** Longest text that a title is made of; the title shows far less. */
const MAX_UNITS = 10_000;
/** Largest nesting of a row of an unknown form whose texts are read. */
const MAX_DEPTH = 20;

export interface RowTexts {
  /** Empty for a line that is no JSON object. */
  readonly question: string;
  readonly answer: string;
}

/** Question and answer of a checked line. A row of an unknown form has its texts, a line each, as question. */
export function textsOf(checked: CheckedLine): RowTexts {
  const example = checked.example ?? measurable(checked);
  if (example !== null) return { question: cut(questionOf(example)), answer: cut(answerOf(example) ?? '') };
  return { question: cut(textsIn(checked.text)), answer: '' };
}

function textsIn(text: string | null): string {
  if (text === null) return '';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return '';
  }
  const found: string[] = [];
  collect(isRecord(value) ? value : {}, found, 0);
  return found.join('\n');
}

function collect(value: unknown, into: string[], depth: number): void {
  if (typeof value === 'string') into.push(value);
  else if (depth < MAX_DEPTH && typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) if (name !== 'role') collect(inner, into, depth + 1);
}

function cut(text: string): string {
  return text.length <= MAX_UNITS ? text : text.slice(0, MAX_UNITS).replace(/[\uD800-\uDBFF]$/, '');
}
