import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import { describe, expect, it } from 'vitest';
import { checkGrader, GRADER_TYPES, parseGraderFile } from '../../../../src/core/training/graderSchema.ts';
import { graderTemplate } from '../../../../src/core/training/graderTemplate.ts';

const root = path.resolve(import.meta.dirname, '../../../..');
const schema = JSON.parse(readFileSync(path.join(root, 'media/grader.schema.json'), 'utf8')) as object;
const byEditor = new Ajv({ strict: false }).compile(schema);

const exact = {
  type: 'string_check',
  name: 'a',
  input: '{{sample.output_text}}',
  reference: '{{item.x}}',
  operation: 'eq',
};
const label = {
  type: 'label_model',
  name: 'a',
  model: 'm',
  input: [{ role: 'user', content: 'hi {{item.q.text}}' }],
  labels: ['yes', 'no'],
  passing_labels: ['yes'],
};
const score = { type: 'score_model', name: 'a', model: 'm', input: [{ role: 'user', content: 'hi' }], range: [0, 5] };

/** A multi grader. */
const several = (more: Record<string, unknown>, calculate_output = 'one'): unknown => ({
  type: 'multi',
  name: 'm',
  graders: { one: exact, ...more },
  calculate_output,
});

const GOOD: readonly unknown[] = [
  exact,
  score,
  { ...score, input: [{ role: 'user', content: { type: 'input_text', text: 'x' } }], sampling_params: { seed: 1 } },
  { ...score, input: [{ role: 'system', content: [{ type: 'input_text', text: 'x' }, 'y'] }] },
  { type: 'text_similarity', name: 'a', input: '', reference: '', evaluation_metric: 'rouge_l' },
  { type: 'python', name: 'a', source: 'def grade(sample, item): return 1', image_tag: '2025-05-08' },
  { type: 'multi', name: 'm', graders: { one: exact, two: label }, calculate_output: 'one + two' },
  { type: 'text_similarity', name: 'a', input: '', reference: '', evaluation_metric: 'bleu', pass_threshold: 0.8 },
  { ...score, pass_threshold: 3 },
  { type: 'multi', name: 'm', graders: { one: exact }, calculate_output: 'one', invalid_grade: -1 },
  { type: 'multi', name: 'm', graders: { one: exact, two: exact }, calculate_output: 'max(one, 1e3 * two) ^ 2 / a' },
  {
    ...score,
    input: [{ role: 'user', content: 'Answer as {"score": {"value": 1}}: {{ item.größe }} {{sample.output_json.a}}' }],
  },
  { ...exact, input: "{{ item['a b'] }}{{sample.choices[0].message}}", reference: '{{item}}' },
  ...GRADER_TYPES.map((type) => graderTemplate(type, 'answer')),
];
const BAD: readonly unknown[] = [
  null,
  [],
  'string_check',
  {},
  { type: 'number' },
  { ...exact, type: 'exact' },
  { ...exact, operation: 'equals' },
  { ...exact, name: '' },
  { ...exact, input: 5 },
  { ...exact, inputs: 'x' },
  { type: 'string_check', name: 'a' },
  { ...score, range: [0] },
  { ...score, range: [0, 1, 2] },
  { ...score, input: [] },
  { ...score, input: [{ role: 'judge', content: 'x' }] },
  label,
  { ...exact, pass_threshold: 1 },
  { ...score, pass_threshold: 'high' },
  { type: 'multi', name: 'm', graders: { one: { ...label, labels: [] } }, calculate_output: 'one' },
  { type: 'multi', name: 'm', graders: [exact], calculate_output: 'one' },
  { type: 'text_similarity', name: 'a', input: '', reference: '', evaluation_metric: 'rouge_9' },
  { type: 'python', name: 'a' },
  { type: 'multi', name: 'm', graders: {}, calculate_output: 'x' },
  { type: 'multi', name: 'm', graders: { inner: { type: 'multi' } }, calculate_output: 'x' },
  { type: 'multi', name: 'm', graders: { one: { ...exact, operation: 'x' } }, calculate_output: 'one' },
];

describe('graders', () => {
  it.each(GOOD)('are taken, in the editor and before a start: %j', (grader) => {
    expect(checkGrader(grader)).toMatchObject({ ok: true });
    expect(byEditor(grader), JSON.stringify(byEditor.errors)).toBe(true);
  });

  it.each(BAD)('are refused, in the editor and before a start: %j', (grader) => {
    const checked = checkGrader(grader);
    expect(checked.ok).toBe(false);
    if (!checked.ok) expect(checked.error.message).toMatch(/\.$/);
    expect(byEditor(grader)).toBe(false);
  });

  it('say what is wrong with them', () => {
    const message = (grader: unknown): string => {
      const checked = checkGrader(grader);
      return checked.ok ? '' : checked.error.message;
    };
    expect(message({})).toBe('The grader has no "type".');
    expect(message({ type: 'number' })).toBe('There is no grader of the type "number".');
    expect(message({ ...exact, inputs: 'x' })).toBe('A string_check grader has no field "inputs".');
    expect(message({ ...exact, operation: 'equals' })).toBe(
      '"operation" is missing from the string_check grader or has a wrong value.',
    );
    expect(message(several({ two: { ...label, passing_labels: ['perhaps'] } }))).toBe(
      'The passing label "perhaps" is not one of the labels.',
    );
  });

  it.each([
    [label, 'A label_model grader cannot grade a reinforcement job by itself.'],
    [{ type: 'multi', name: 'm', graders: [exact], calculate_output: 'a' }, '"graders" of the multi grader is a list.'],
    [{ ...exact, reference: '{{row.answer}}' }, '"{{row.answer}}" is not a field of the row or of the answer.'],
    [{ ...exact, reference: '{{ answer }}' }, '"{{ answer }}" is not a field of the row or of the answer.'],
    [{ ...exact, reference: '{{item.a' }, 'The template that begins with "{{item.a" has no end.'],
    [{ ...exact, reference: '{item.a}' }, '"{item.a}" is not replaced: a template has two braces on both sides.'],
    [{ ...exact, reference: 'x {item.a}} y' }, '"{item.a}}" is not replaced: a template has two braces on both sides.'],
    [
      {
        ...score,
        input: [{ role: 'user', content: [{ type: 'input_text', text: 'Is {sample.output_text} right?' }] }],
      },
      '"{sample.output_text}" is not replaced: a template has two braces on both sides.',
    ],
    [
      { type: 'python', name: 'a', source: 'def score(sample, item): return 1' },
      'The Python source has no function "grade(sample, item)".',
    ],
    [
      { type: 'python', name: 'a', source: '# def grade(sample, item)' },
      'The Python source has no function "grade(sample, item)".',
    ],
    [several({}, 'one + three'), '"calculate_output" names "three", which is not one of the graders.'],
    [several({}, 'mean(one)'), '"calculate_output" names "mean", which is not one of the graders.'],
    [several({ two: { ...exact, input: '{{x.y}}' } }), '"{{x.y}}" is not a field of the row or of the answer.'],
  ])('that the provider could not evaluate are refused before a start: %j', (grader, message) => {
    const checked = checkGrader(grader);
    expect(checked.ok ? '' : checked.error.message).toBe(message);
  });

  it('know which fields of the rows they read', () => {
    const checked = checkGrader({
      type: 'multi',
      name: 'm',
      graders: { one: exact, two: label },
      calculate_output: 'one',
    });
    expect(checked.ok && checked.value.fields).toEqual(['x', 'q.text']);
  });

  it('are read from a file, which may name its schema', () => {
    expect(parseGraderFile(`\uFEFF${JSON.stringify({ $schema: './x.json', ...exact })}`)).toMatchObject({
      ok: true,
      value: { type: 'string_check', value: exact },
    });
    expect(parseGraderFile('{')).toMatchObject({ ok: false, error: { message: 'The grader file is not JSON.' } });
  });
});
