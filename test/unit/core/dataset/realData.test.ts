// What other tests do not say of the real files beside the project; the folder is named by an environment variable.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { estimateCost } from '../../../../src/core/cost/estimate.ts';
import { priceOf } from '../../../../src/core/cost/prices.ts';
import type { CheckedLine } from '../../../../src/core/dataset/check/checkedLine.ts';
import { createChecker } from '../../../../src/core/dataset/check/checker.ts';
import { createJsonConverter, tableFacts } from '../../../../src/core/dataset/transform/convert.ts';
import type { Finding } from '../../../../src/core/dataset/finding.ts';
import { createLineSplitter } from '../../../../src/core/jsonl/lines.ts';
import { exampleTokens } from '../../../../src/core/tokens/count.ts';
import { createO200k } from '../../../../src/core/tokens/o200k.ts';
import type { JobEvent } from '../../../../src/core/training/job.ts';
import { metricSeries } from '../../../../src/core/training/curves/series.ts';
import { parseEvent } from '../../../../src/core/training/parseEvent.ts';
import { parseJob } from '../../../../src/core/training/parseJob.ts';
import { readFile, readJob, readPage } from '../../../../src/openai/wire.ts';
import { tokenTable } from '../../../../scripts/lib/tokenTable.ts';

const dataDir = process.env['TUNING_FORK_DATA_DIR'];
const read = (name: string): Buffer => readFileSync(join(dataDir ?? '', name));
const object = (name: string): unknown => JSON.parse(read(`openai/gdpr_gpt41nano_55_${name}.json`).toString());

function check(name: string): { readonly findings: readonly Finding[]; readonly lines: readonly CheckedLine[] } {
  const checker = createChecker({ accept: 'any' });
  const splitter = createLineSplitter();
  const lines = [...splitter.push(read(name)), ...splitter.end()].map((line) => checker.line(line));
  return { findings: [...lines.flatMap(({ findings }) => findings), ...checker.end().findings], lines };
}

describe.skipIf(dataDir === undefined)('the real files', () => {
  it.each([
    ['lesson/students/emmy_fine_tune_validation.jsonl', 100],
    ['lesson/students/mrpeski_gdpr_train.jsonl', 55],
    ['lesson/students/mrpeski_gdpr_test.jsonl', 10],
    ['lesson/pricer_v1_fine_tune_validation_50.jsonl', 50],
  ])('%s is clean, all %i examples of it', (name, examples) => {
    const { findings, lines } = check(name);
    expect(findings).toEqual([]);
    expect(lines.filter(({ example }) => example !== null)).toHaveLength(examples);
  });

  it.each([
    ['lesson/students/emmy_fine_tune_train.jsonl', 400, '145 replacement-character'],
    ['lesson/pricer_v1_fine_tune_train_200.jsonl', 200, '159 twice-decoded'],
  ])('%s has %i examples, in one of them damaged text of a shop', (name, examples, damage) => {
    const { findings, lines } = check(name);
    expect(findings.map(({ line, code }) => `${String(line)} ${code}`)).toEqual([damage]);
    expect(lines.filter(({ example }) => example !== null)).toHaveLength(examples);
  });

  it.each([
    ['foundry/sft_toolcall_stock_training.jsonl', 86, 36],
    ['foundry/sft_toolcall_stock_validation.jsonl', 10, 5],
  ])('%s: of %i rows %i end in a tool call, which is no problem', (name, examples, calls) => {
    const { findings, lines } = check(name);
    expect(findings).toEqual([]);
    expect(lines.filter(({ example }) => example !== null)).toHaveLength(examples);
    const ending = lines.filter(({ example }) => {
      const last = example?.messages.at(-1);
      return last?.role === 'assistant' && (last.tool_calls?.length ?? 0) > 0;
    });
    expect(ending).toHaveLength(calls);
  });

  it.each([
    ['johngorithm_johngorithm.jsonl', 188],
    ['johngorithm_validation_data.jsonl', 24],
  ])('%s is told as prompt and completion, and its %i rows can be converted', (name, rows) => {
    const { findings } = check(`lesson/students/${name}`);
    expect(findings.map(({ code }) => code)).toEqual(['kind-prompt-completion']);
    const text = read(`lesson/students/${name}`).toString();
    const converter = createJsonConverter();
    const converted = [...converter.push(text), ...converter.end()];
    expect([converted.length, converter.skippedCount]).toEqual([rows, 0]);
    const checker = createChecker();
    const splitter = createLineSplitter();
    const bytes = new TextEncoder().encode(converted.map((line) => `${line}\n`).join(''));
    const found = [...splitter.push(bytes), ...splitter.end()].flatMap((line) => checker.line(line).findings);
    expect([...found, ...checker.end().findings].filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it.each(['train.csv', 'test.csv'])('banking77/%s is told as a table with the columns text and category', (name) => {
    expect(check(`banking77/${name}`).findings.map(({ code }) => code)).toEqual(['csv']);
    expect(tableFacts(read(`banking77/${name}`).toString())).toEqual({
      delimiter: ',',
      columns: ['text', 'category'],
      suggested: { user: 'text', assistant: 'category', system: null },
    });
  });

  it('of the cookbook are five, one of them without a system message', () => {
    const { findings, lines } = check('openai/toy_chat_fine_tuning.jsonl');
    expect(lines.filter(({ example }) => example !== null)).toHaveLength(5);
    expect(findings.map(({ code }) => code).sort()).toEqual(['system-prompt-missing', 'too-few-examples']);
  });
});

describe.skipIf(dataDir === undefined)('the real objects of a job at OpenAI', () => {
  const job = (value: unknown) => {
    const parsed = parseJob(value);
    if (!parsed.ok) throw new Error(parsed.error.message);
    return parsed.value;
  };
  const events = (): readonly JobEvent[] =>
    (object('06_events') as unknown[]).map((value) => {
      const parsed = parseEvent(value);
      if (!parsed.ok) throw new Error(parsed.error.message);
      return parsed.value;
    });

  it('are two files', () => {
    expect(readFile(object('01_file'))).toMatchObject({ filename: 'gdpr_train.jsonl', bytes: 201_367 });
    expect(readFile(object('02_file'))).toMatchObject({ filename: 'gdpr_test.jsonl', bytes: 36_660 });
  });

  it('are one job in the list and by itself, healthy although its error is an object', () => {
    const page = readPage(object('04_list'));
    const listed = page?.data.map(readJob) ?? [];
    const early = job(object('03_job_validating_files'));
    expect(page?.hasMore).toBe(true);
    expect(listed.map((one) => one?.id)).toEqual([early.id]);
    expect([early.status, listed[0]?.status]).toEqual(['validating_files', 'running']);
    expect([early.error, listed[0]?.error]).toEqual([null, null]);
    expect([early.hyperparameters.learning_rate_multiplier, early.suffix]).toEqual(['auto', 'gdpr']);
    expect([listed[0]?.trainingFile, listed[0]?.validationFile]).toEqual([early.trainingFile, early.validationFile]);
  });

  it('are the events of its training: one point a step, each with its loss', () => {
    const done = job(object('05_job_succeeded'));
    const series = metricSeries(events());
    const steps = series.map(({ step }) => step);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(new Set(steps).size).toBe(steps.length);
    expect(series.at(-1)).toMatchObject({ step: 55, totalSteps: 55 });
    for (const { trainLoss, validLoss } of series) {
      expect(trainLoss).toBeGreaterThan(0);
      expect(validLoss).toBeGreaterThan(0);
    }
    // The metrics were made while the job ran; what comes after its end is the check of the model.
    for (const { metrics, createdAt } of events())
      if (metrics !== null) expect(createdAt).toBeLessThanOrEqual(done.finishedAt ?? 0);
    expect(done.fineTunedModel).toBe('ft:gpt-4.1-nano-2025-04-14:personal:gdpr:DIE8Fn4p');
  });

  it('come to the bill that the dataset had predicted: 46,018 tokens, 7 cents', () => {
    const done = job(object('05_job_succeeded'));
    const counter = createO200k(tokenTable());
    const epoch = check('lesson/students/mrpeski_gdpr_train.jsonl').lines.reduce(
      (sum, { example }) => sum + (example === null ? 0 : exampleTokens(example, counter).tokens),
      0,
    );
    const epochs = done.hyperparameters.n_epochs;
    const estimate = estimateCost(done.model, epoch, epochs === 'auto' ? NaN : epochs);
    expect(estimate.trainedTokens).toBe(46_018);
    expect(done.trainedTokens).toBe(estimate.trainedTokens);
    expect(estimate.usd).toBe((46_018 * (priceOf('gpt-4.1-nano')?.training ?? NaN)) / 1e6);
    expect(estimate.sentence).toContain('About $0.07: 46,018 tokens');
  });
});
