// Schema of the graders of reinforcement fine-tuning, as the providers' API takes them. media/grader.schema.json is the same for the
// editor; a test keeps the two equal.
import * as z from 'zod/mini';
import { graderFields } from '../dataset/check/gradedRow.ts';
import { checkGraderTexts } from './graderTexts.ts';
import { listOf, t } from '../base/messages.ts';
import { fail, ok, type Result } from '../base/result.ts';

/** Types that a reinforcement job takes; `label_model` grades only inside a multi grader. */
export const GRADER_TYPES = ['string_check', 'text_similarity', 'score_model', 'python', 'multi'] as const;
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
  pass_threshold: z.optional(z.number()),
});
const scoreModel = z.strictObject({
  type: z.literal('score_model'),
  name,
  model: filled,
  input: messages,
  range: z.optional(z.tuple([z.number(), z.number()])),
  pass_threshold: z.optional(z.number()),
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
  invalid_grade: z.optional(z.number()),
});
const SCHEMAS = {
  string_check: stringCheck,
  text_similarity: textSimilarity,
  score_model: scoreModel,
  python,
  multi,
} as const;

export interface CheckedGrader {
  readonly type: RftGraderType;
  readonly name: string;
  /** Fields of the rows that the templates read, as dotted paths. */
  readonly fields: readonly string[];
  /** Value as it was read. */
  readonly value: unknown;
}

function isGraderType(type: unknown): type is RftGraderType {
  return (GRADER_TYPES as readonly unknown[]).includes(type);
}

/** Checks a grader; fails with its first problem and the place. */
export function checkGrader(value: unknown): Result<CheckedGrader> {
  const bad = (message: string, action: string): Result<CheckedGrader> => fail({ code: 'bad-grader', message, action });
  const type: unknown = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (type === 'label_model') {
    return bad(
      t('A {0} grader cannot grade a reinforcement job by itself.', type),
      t('Use it inside a {0} grader, or write a {1} grader.', 'multi', 'score_model'),
    );
  }
  if (!isGraderType(type)) {
    return bad(
      type === undefined
        ? t('The grader has no "{0}".', 'type')
        : t('There is no grader of the type {0}.', quoted(type)),
      t('Write {0} as its type.', listOf(GRADER_TYPES, 'or')),
    );
  }
  if (
    type === 'multi' &&
    typeof value === 'object' &&
    value !== null &&
    'graders' in value &&
    Array.isArray(value.graders)
  ) {
    return bad(
      t('"{0}" of the multi grader is a list.', 'graders'),
      t('Name each grader: {0}.', '{"graders": {"exact": {…}, "close": {…}}}'),
    );
  }
  const parsed = SCHEMAS[type].safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const at = issue?.path.map(String).join('.') ?? '';
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    if (unknown !== undefined) {
      return bad(
        t('A {0} grader has no field {1}.', type, quoted([at, unknown].filter(Boolean).join('.'))),
        t('Remove it, or correct its name.'),
      );
    }
    return bad(
      at === ''
        ? t('This is not a {0} grader.', type)
        : t('{0} is missing from the {1} grader or has a wrong value.', quoted(at), type),
      t('Open the grader file: the editor marks the problem and offers possible values.'),
    );
  }
  const inner = parsed.data.type === 'multi' ? Object.values(parsed.data.graders) : [];
  for (const grader of inner) {
    if (grader.type !== 'label_model') continue;
    const stray = grader.passing_labels.find((label) => !grader.labels.includes(label));
    if (stray !== undefined)
      return bad(t('The passing label {0} is not one of the labels.', quoted(stray)), t('Add it to the labels.'));
  }
  const texts = checkGraderTexts(parsed.data);
  if (!texts.ok) return texts;
  return ok({ type, name: parsed.data.name, fields: graderFields(value), value });
}

/** Parses the text of a grader file. */
export function parseGraderFile(text: string): Result<CheckedGrader> {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return fail({
      code: 'bad-grader',
      message: t('The grader file is not JSON.'),
      action: t('Open it: the editor marks where the JSON breaks.'),
    });
  }
  // The file may name the editor's schema; providers do not know that key.
  if (typeof value === 'object' && value !== null && '$schema' in value) {
    return checkGrader(Object.fromEntries(Object.entries(value).filter(([key]) => key !== '$schema')));
  }
  return checkGrader(value);
}

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `"${text.length > 60 ? `${text.slice(0, 59)}…` : text}"`;
}
