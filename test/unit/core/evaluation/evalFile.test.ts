import { readFileSync } from 'node:fs';
import path from 'node:path';
import Ajv from 'ajv';
import { describe, expect, it } from 'vitest';
import { parseEvalFile } from '../../../../src/core/evaluation/evalFile.ts';

const schema = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, '../../../../media/eval.schema.json'), 'utf8'),
) as object;
const byEditor = new Ajv({ strict: false }).compile(schema);

const SMALL = {
  testFile: 'prices.test.jsonl',
  primary: 'mae',
  contestants: [
    { label: 'tuned', model: 'ft:x' },
    { label: 'mini', model: 'gpt-4o-mini', connection: 'OpenAI' },
  ],
  grader: { type: 'number' },
};
const tuned = SMALL.contestants[0];

const GOOD: readonly object[] = [
  SMALL,
  {
    ...SMALL,
    trainingFile: 'prices.train.jsonl',
    matters: 0.2,
    baseline: 'floor',
    answerPrefix: 'Price is $',
    contestants: [
      { label: 'tuned', model: 'ft:x', baseUrl: 'https://api.example.com/v1' },
      { label: 'floor', constant: true },
      { label: 'near', nearest: true },
      { label: 'words', bagOfWords: true },
    ],
    grader: { type: 'number', green: { absolute: 1, relative: 0.1 }, orange: { absolute: 2, relative: 0.2 } },
    sampling: { temperature: 0.7, maxTokens: 16, samples: 5, seed: 1 },
    stopEarly: true,
    pass: { mae: { max: 80 }, hits: { min: 0.4 }, vsBaseline: 'not worse' },
  },
  { ...SMALL, primary: 'accuracy', grader: { type: 'exact', ignoreCase: true } },
  { ...SMALL, primary: 'accuracy', grader: { type: 'regex', pattern: '^yes', flags: 'i' }, pass: null },
  { ...SMALL, primary: 'f1', grader: { type: 'label', labels: ['a', 'b'] }, pass: { f1: { min: 0.5 } } },
  { ...SMALL, contestants: [tuned], answerPrefix: null },
];

const BAD: readonly (readonly [object | string, RegExp])[] = [
  ['{"testFile":', /not valid JSON/],
  [[], /an object is expected/],
  [{ ...SMALL, testFile: undefined }, /testFile in x\.eval\.json, line 1: it is missing/],
  [{ ...SMALL, tesFile: 'x' }, /tesFile in .*not known; the keys are testFile,/],
  [{ ...SMALL, primary: 'accuracy' }, /primary in .*one of mae, medianError, rmsle, and hits is expected/],
  [{ ...SMALL, primary: 'medianError' }, /no paired comparison; name mae, rmsle, and hits/],
  [{ ...SMALL, matters: 0 }, /matters in .*a number above 0/],
  [{ ...SMALL, matters: '10%' }, /matters in .*a number is expected/],
  [{ ...SMALL, contestants: [] }, /at least one contestant/],
  [{ ...SMALL, contestants: [{ label: 'floor', constant: true }] }, /at least one model/],
  [{ ...SMALL, contestants: [tuned, { label: 'x' }] }, /contestants\[1\] in .*exactly one of/],
  [{ ...SMALL, contestants: [tuned, { label: 'x', model: 'm', constant: true }] }, /exactly one of/],
  [{ ...SMALL, contestants: [tuned, { label: 'x', constant: false }] }, /only true is allowed/],
  [{ ...SMALL, contestants: [tuned, { label: 'x', model: 'm', connection: 'c', baseUrl: 'u' }] }, /cannot both/],
  [{ ...SMALL, contestants: [tuned, { label: 'x', nearest: true, connection: 'c' }] }, /asks no provider/],
  [{ ...SMALL, grader: { type: 'price' } }, /grader\.type in .*one of number/],
  [{ ...SMALL, grader: { type: 'number', pattern: 'x' } }, /grader\.pattern in .*not known/],
  [{ ...SMALL, primary: 'accuracy', grader: { type: 'regex' } }, /grader\.pattern in .*missing/],
  [{ ...SMALL, sampling: { temperature: 3 } }, /sampling\.temperature in .*at most 2/],
  [{ ...SMALL, sampling: { samples: 1.5 } }, /sampling\.samples in .*whole number/],
  [{ ...SMALL, stopEarly: 'yes' }, /true or false/],
  [{ ...SMALL, pass: { accuracy: { min: 1 } } }, /pass\.accuracy in .*this grader has only mae/],
  [{ ...SMALL, pass: { mae: {} } }, /min or max/],
  [{ ...SMALL, pass: { vsBaseline: 'worse' } }, /one of not worse and better/],
];

const isMarkedByUs = (parsed: ReturnType<typeof parseEvalFile>): boolean => parsed.ok || !parsed.error.inSchema;

describe('an evaluation file', () => {
  it.each(GOOD.map((value) => [JSON.stringify(value), value] as const))('is understood: %s', (text, value) => {
    expect(parseEvalFile(text, 'x.eval.json')).toMatchObject({ ok: true });
    expect(byEditor(value), JSON.stringify(byEditor.errors)).toBe(true);
  });

  it.each(BAD.map(([value, said]) => [typeof value === 'string' ? value : JSON.stringify(value), said] as const))(
    'is refused with the place and the reason: %s',
    (text, said) => {
      const parsed = parseEvalFile(text, 'x.eval.json');
      expect(parsed.ok ? 'understood' : parsed.error.message).toMatch(said);
      if (text.endsWith('}') || text.endsWith(']')) expect(byEditor(JSON.parse(text))).toBe(isMarkedByUs(parsed));
    },
  );

  it('is refused for what only a reader of all of it can see', () => {
    const message = (value: object): string => {
      const parsed = parseEvalFile(JSON.stringify(value), 'x.eval.json');
      // The editor's own check passes, so that these are the extension's to mark.
      expect([byEditor(value), isMarkedByUs(parsed)]).toEqual([true, true]);
      return parsed.ok ? 'understood' : parsed.error.message;
    };
    expect(message({ ...SMALL, baseline: 'base' })).toMatch(/baseline in .*one of tuned and mini/);
    expect(message({ ...SMALL, baseline: 'tuned' })).toMatch(/another one must be named/);
    expect(message({ ...SMALL, contestants: [tuned, tuned] })).toMatch(/tuned is the label of an earlier contestant/);
    expect(message({ ...SMALL, primary: 'accuracy', grader: { type: 'regex', pattern: '(' } })).toMatch(
      /grader\.pattern/,
    );
  });

  it('names the line of the wrong value, and its place', () => {
    const text = JSON.stringify({ ...SMALL, baseline: 'base' }, null, 2);
    const parsed = parseEvalFile(text, 'x.eval.json');
    if (parsed.ok) throw new Error('It is understood.');
    const { message, reason, place } = parsed.error;
    expect(message).toBe('baseline in x.eval.json, line 18: one of tuned and mini is expected.');
    expect(reason).toBe('baseline: one of tuned and mini is expected.');
    expect(text.slice(place?.start, place?.end)).toBe('"base"');
  });

  it('has the defaults that the documentation names', () => {
    const parsed = parseEvalFile(JSON.stringify(SMALL), 'x.eval.json');
    expect(parsed.ok && parsed.value).toMatchObject({
      matters: 0.1,
      baseline: 'mini',
      answerPrefix: null,
      trainingFile: null,
      sampling: { temperature: 0, maxTokens: 16, samples: 1, seed: 42 },
      stopEarly: false,
      pass: null,
    });
  });
});
