// Graders of reinforcement fine-tuning, as the providers' API takes them. media/grader.schema.json says the same to the editor; a
// test holds the two together.
import * as z from 'zod/mini';
import { graderFields } from '../dataset/check/gradedRow.ts';
import { fail, ok, type Result } from '../base/result.ts';

export const GRADER_TYPES = [
  'string_check',
  'text_similarity',
  'score_model',
  'label_model',
  'python',
  'multi',
] as const;
export type RftGraderType = (typeof GRADER_TYPES)[number];

const METRICS = [
  'cosine',
  'fuzzy_match',
  'bleu',
  'gleu',
  'meteor',
  'rouge_1',
  'rouge_2',
  'rouge_3',
  'rouge_4',
  'rouge_5',
  'rouge_l',
] as const;

const filled = z.string().check(z.minLength(1));
const name = filled;

const part = z.looseObject({ type: filled });
const message = z.looseObject({
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.union([filled, part, z.array(z.union([filled, part])).check(z.minLength(1))]),
});
const messages = z.array(message).check(z.minLength(1));

const stringCheck = z.strictObject({
  type: z.literal('string_check'),
  name,
  input: z.string(),
  reference: z.string(),
  operation: z.enum(['eq', 'ne', 'like', 'ilike']),
});
const textSimilarity = z.strictObject({
  type: z.literal('text_similarity'),
  name,
  input: z.string(),
  reference: z.string(),
  evaluation_metric: z.enum(METRICS),
});
const scoreModel = z.strictObject({
  type: z.literal('score_model'),
  name,
  model: filled,
  input: messages,
  range: z.optional(z.tuple([z.number(), z.number()])),
  sampling_params: z.optional(z.looseObject({})),
});
const labelModel = z.strictObject({
  type: z.literal('label_model'),
  name,
  model: filled,
  input: messages,
  labels: z.array(filled).check(z.minLength(1)),
  passing_labels: z.array(filled).check(z.minLength(1)),
  sampling_params: z.optional(z.looseObject({})),
});
const python = z.strictObject({
  type: z.literal('python'),
  name,
  source: filled,
  image_tag: z.optional(z.string()),
});
const single = z.discriminatedUnion('type', [stringCheck, textSimilarity, scoreModel, labelModel, python]);
const multi = z.strictObject({
  type: z.literal('multi'),
  name,
  graders: z.record(z.string(), single).check(z.refine((graders) => Object.keys(graders).length > 0)),
  calculate_output: filled,
});
const SCHEMAS = {
  string_check: stringCheck,
  text_similarity: textSimilarity,
  score_model: scoreModel,
  label_model: labelModel,
  python,
  multi,
} as const;

export interface CheckedGrader {
  readonly type: RftGraderType;
  readonly name: string;
  /** Fields of the rows that its templates read, as dotted paths. */
  readonly fields: readonly string[];
  /** As it was read. */
  readonly value: unknown;
}

function isGraderType(type: unknown): type is RftGraderType {
  return (GRADER_TYPES as readonly unknown[]).includes(type);
}

/** A grader, or the first thing that is wrong with it and where. */
export function checkGrader(value: unknown): Result<CheckedGrader> {
  const bad = (message: string, action: string): Result<CheckedGrader> => fail({ code: 'bad-grader', message, action });
  const type: unknown = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (!isGraderType(type)) {
    return bad(
      type === undefined ? 'The grader has no "type".' : `There is no grader of the type ${quoted(type)}.`,
      `Write one of ${GRADER_TYPES.join(', ')} as its type.`,
    );
  }
  const parsed = SCHEMAS[type].safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const at = issue?.path.map(String).join('.') ?? '';
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    if (unknown !== undefined) {
      return bad(
        `A ${type} grader knows no ${quoted([at, unknown].filter(Boolean).join('.'))}.`,
        'Remove it, or correct its name.',
      );
    }
    return bad(
      at === ''
        ? `This is not a ${type} grader.`
        : `${quoted(at)} is missing in the ${type} grader, or not what it has to be.`,
      'Open the grader file: the editor marks what is wrong and offers what is possible.',
    );
  }
  if (parsed.data.type === 'label_model') {
    const { labels, passing_labels } = parsed.data;
    const stray = passing_labels.find((label) => !labels.includes(label));
    if (stray !== undefined)
      return bad(`The passing label ${quoted(stray)} is not one of the labels.`, 'Add it to the labels.');
  }
  return ok({ type, name: parsed.data.name, fields: graderFields(value), value });
}

/** The text of a grader file. */
export function parseGraderFile(text: string): Result<CheckedGrader> {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return fail({
      code: 'bad-grader',
      message: 'The grader file is not JSON.',
      action: 'Open it: the editor marks where it stops being JSON.',
    });
  }
  // The editor's schema may be named in the file; providers do not know that key.
  if (typeof value === 'object' && value !== null && '$schema' in value) {
    return checkGrader(Object.fromEntries(Object.entries(value).filter(([key]) => key !== '$schema')));
  }
  return checkGrader(value);
}

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `"${text.length > 60 ? `${text.slice(0, 59)}…` : text}"`;
}

/** A grader of this type to begin with, written around a field of the rows. */
export function graderTemplate(type: RftGraderType, field: string): Readonly<Record<string, unknown>> {
  const reference = `{{item.${field}}}`;
  const sample = '{{sample.output_text}}';
  const input = [{ role: 'user', content: `Reference answer: ${reference}\n\nAnswer to judge: ${sample}` }];
  switch (type) {
    case 'string_check':
      return { type, name: 'exact answer', input: sample, reference, operation: 'eq' };
    case 'text_similarity':
      return { type, name: 'close answer', input: sample, reference, evaluation_metric: 'fuzzy_match' };
    case 'score_model':
      return { type, name: 'judged answer', model: 'o3-mini-2025-01-31', input, range: [0, 1] };
    case 'label_model':
      return {
        type,
        name: 'labelled answer',
        model: 'o3-mini-2025-01-31',
        input,
        labels: ['right', 'wrong'],
        passing_labels: ['right'],
      };
    case 'python':
      return {
        type,
        name: 'computed score',
        source: `def grade(sample: dict, item: dict) -> float:\n    return 1.0 if sample["output_text"] == item[${JSON.stringify(field)}] else 0.0\n`,
      };
    case 'multi':
      return {
        type,
        name: 'several graders',
        graders: {
          exact: graderTemplate('string_check', field),
          close: graderTemplate('text_similarity', field),
        },
        calculate_output: '0.5 * exact + 0.5 * close',
      };
  }
}
