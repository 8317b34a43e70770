import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatasetWorkerClient } from '../../../src/extension/datasets/workerClient.ts';
import type { DatasetReport } from '../../../src/core/dataset/report/types.ts';

const dataDir = process.env['TUNING_FORK_DATA_DIR'];
const client = new DatasetWorkerClient(new URL('../../../src/worker/datasetWorker.ts', import.meta.url));
afterAll(() => client.dispose());

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tuning-fork-report-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const row = (question: string, answer: string): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ],
  });
const rows = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, n) => row(`thing ${String(from + n)}`, `Price is $${String(from + n)}`));
const LONG =
  'Please describe in a few sentences how the weather of the last summer differed from that of the years before it';

function write(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.join('\n'));
  return path;
}

const alone = (path: string): Promise<DatasetReport> => client.report(path);
const codes = ({ problems }: DatasetReport): unknown[] => problems.map(({ code, rows: found }) => [code, found.lines]);

describe('the report of a file', () => {
  it('counts what is there, and says on which lines', async () => {
    const path = write('a.jsonl', [
      ...rows(10),
      row('thing 3', 'Price is $3'),
      row('thing 4', 'Price is $400'),
      '',
      '{"messages": [}',
      row(LONG, 'It was warm.'),
      row(`${LONG}!`, 'It was warm.'),
    ]);
    const report = await alone(path);
    expect(report).toMatchObject({
      kind: 'chat',
      examples: 15,
      uncounted: { count: 1, lines: [14] },
      duplicates: { exact: { count: 1, lines: [11] }, near: { count: 1, lines: [16] } },
      contradictions: { prompts: 1, rows: { count: 2, lines: [5, 12] } },
    });
    expect(codes(report)).toEqual([
      ['json-syntax', [14]],
      ['blank-line', [13]],
    ]);
    const { statistics } = report;
    expect(statistics.examples.count).toBe(14);
    expect(statistics.frequentAnswers).toEqual([
      { text: 'Price is $3', rows: { count: 2, lines: [4, 11] } },
      { text: 'It was warm.', rows: { count: 2, lines: [15, 16] } },
    ]);
    expect(statistics.roles.map(({ role, messages, rows: of }) => [role, messages, of.count])).toEqual([
      ['user', 14, 14],
      ['assistant', 14, 14],
    ]);
    const { tokens } = await client.countTokens({ path });
    expect(statistics.tokens).toBe(tokens);
    const bars = statistics.tokensPerExample?.bars ?? [];
    expect(bars.flatMap(({ rows: of }) => of.lines).sort((a, b) => a - b)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16,
    ]);
  });

  it('names at most a thousand lines of each figure, and all of them in the count', async () => {
    const { statistics, duplicates } = await alone(write('a.jsonl', [...rows(1500), ...rows(1200)]));
    expect(statistics.examples.count).toBe(2700);
    expect(statistics.examples.lines).toHaveLength(1000);
    expect(duplicates.exact.count).toBe(1200);
    expect(duplicates.exact.lines.slice(0, 2)).toEqual([1501, 1502]);
    expect(duplicates.exact.lines).toHaveLength(1000);
  });

  it('tells examples longer than the context of each model', async () => {
    const path = write('a.jsonl', [
      ...rows(10),
      row(Array.from({ length: 20_000 }, (_, n) => `word${String(n % 7)}`).join(' '), 'x'),
      row(Array.from({ length: 70_000 }, () => 'a b').join(' '), 'x'),
    ]);
    const report = await alone(path);
    expect(report.statistics.overLimit.map(({ limit, rows: of }) => [limit, of.lines])).toEqual([
      [16_385, [11, 12]],
      [65_536, [12]],
    ]);
    expect(codes(report)).toEqual([['example-too-long', [12]]]);
    expect(report.statistics.longest.lines.slice(0, 2)).toEqual([12, 11]);
  });

  it('says what can be said of other kinds', async () => {
    const messages = [{ role: 'user', content: 'Which?' }];
    const answer = (text: string): unknown[] => [{ role: 'assistant', content: text }];
    const preference = Array.from({ length: 12 }, (_, n) =>
      JSON.stringify({
        input: { messages: [{ role: 'user', content: `Which ${String(n)}?` }] },
        preferred_output: answer('The first one.'),
        non_preferred_output: answer('No idea at all, sorry.'),
      }),
    );
    const dpo = await alone(write('dpo.jsonl', preference));
    expect(dpo).toMatchObject({ kind: 'preference', examples: 12, uncounted: { count: 0 }, problems: [] });
    expect(dpo.statistics.frequentAnswers[0]).toMatchObject({ text: 'The first one.', rows: { count: 12 } });
    expect(dpo.statistics.messagesPerExample?.largest.value).toBe(3);

    const rft = await alone(
      write(
        'rft.jsonl',
        Array.from({ length: 12 }, (_, n) => JSON.stringify({ messages, reference: `answer ${String(n)}` })),
      ),
    );
    expect(rft).toMatchObject({ kind: 'reinforcement', examples: 12, problems: [] });
    expect(rft.statistics.answerTokens).toBeNull();
    expect(rft.statistics.tokensPerExample?.count).toBe(12);

    const legacy = await alone(
      write(
        'old.jsonl',
        Array.from({ length: 12 }, (_, n) => JSON.stringify({ prompt: `p ${String(n)} ->`, completion: ' yes' })),
      ),
    );
    expect(legacy.kind).toBe('prompt-completion');
    expect(codes(legacy)).toEqual([['kind-prompt-completion', [1]]]);
    expect(legacy.statistics.frequentAnswers).toMatchObject([{ text: 'yes', rows: { count: 12 } }]);

    const table = await alone(write('table.jsonl', ['text,label', 'a,b', 'c,d']));
    expect(table).toMatchObject({ kind: null, statistics: { tokensPerExample: null } });
    expect(table.problems[0]?.code).toBe('csv');
  });

  it('has something to say of nothing', async () => {
    const report = await alone(write('a.jsonl', []));
    expect(report).toMatchObject({ examples: 0, bytes: 0, kind: null, uncounted: { count: 0 } });
    expect(codes(report)).toEqual([['empty-file', []]]);
  });

  it('of a file that is kept from training does not ask for ten rows', async () => {
    expect(codes(await alone(write('prices.test.jsonl', rows(2))))).toEqual([]);
    expect(codes(await alone(write('prices.jsonl', rows(2))))).toEqual([['too-few-examples', []]]);
  });

  it('tells how far it is and can be cancelled', async () => {
    const path = join(folder, 'large.jsonl');
    const file = openSync(path, 'w');
    const block = `${rows(5000).join('\n')}\n`;
    for (let n = 0; n < 20; n += 1) writeSync(file, block);
    closeSync(file);
    const seen: number[] = [];
    const abort = new AbortController();
    const stopped = client.report(path, abort.signal, (fraction) => {
      seen.push(fraction);
      abort.abort(new Error('enough'));
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(seen[0]).toBeGreaterThan(0);
    expect(seen[0]).toBeLessThan(1);
    // The thread is free again at once.
    expect(await alone(write('b.jsonl', rows(10)))).toMatchObject({ examples: 10 });
  });

  it('of a file that is not there is a problem', async () => {
    await expect(alone(join(folder, 'gone.jsonl'))).rejects.toMatchObject({ code: 'file-not-found' });
  });
});

describe('a file held against another', () => {
  const train = [...rows(20), row(LONG, 'It was warm.')];
  const held = [
    ...rows(3, 100),
    row('thing 5', 'Price is $5'),
    row('thing 6', 'Price is $999'),
    row(`${LONG}!`, 'It was warm.'),
  ];

  it('gives away rows of the one kept from training, whichever it is called on', async () => {
    const training = write('x.train.jsonl', train);
    const validation = write('x.validation.jsonl', held);
    const fromTraining = await client.compare(training, validation);
    expect(fromTraining).toEqual({
      held: 'against',
      heldRows: 6,
      exact: { held: { count: 1, lines: [4] }, training: { count: 1, lines: [6] } },
      prompt: { held: { count: 1, lines: [5] }, training: { count: 1, lines: [7] } },
      near: { held: { count: 1, lines: [6] }, training: { count: 1, lines: [21] } },
      format: [],
    });
    const fromHeld = await client.compare(validation, training);
    expect(fromHeld).toEqual({ ...fromTraining, held: 'file' });
  });

  it('knows by the folder which one is kept from training', async () => {
    mkdirSync(join(folder, 'train'));
    mkdirSync(join(folder, 'validation'));
    const training = write('train/data.jsonl', train);
    const validation = write('validation/data.jsonl', held);
    expect(await client.compare(validation, training)).toMatchObject({ held: 'file', heldRows: 6 });
  });

  it('tells how far it is and can be canceled', async () => {
    const training = write('x.train.jsonl', Array.from({ length: 40 }, () => rows(3000)).flat());
    const validation = write('x.validation.jsonl', held);
    const seen: number[] = [];
    const abort = new AbortController();
    const stopped = client.compare(training, validation, abort.signal, (fraction) => {
      seen.push(fraction);
      abort.abort(new Error('enough'));
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(seen[0]).toBeGreaterThan(0);
    expect(await alone(write('b.jsonl', rows(10)))).toMatchObject({ examples: 10 });
  });

  it('tells that the two are written differently', async () => {
    const system = (line: string): string => line.replace('[', '[{"role":"system","content":"Be brief."},');
    const training = write('x.train.jsonl', train.map(system));
    const { format } = await client.compare(training, write('x.test.jsonl', held));
    expect(format.map(({ code }) => code)).toEqual(['format-differs']);
  });

  it('says what is wrong with the other file', async () => {
    const training = write('x.train.jsonl', train);
    const against = join(folder, 'gone.jsonl');
    await expect(client.compare(training, against)).rejects.toMatchObject({ code: 'file-not-found' });
    const empty = write('empty.test.jsonl', []);
    await expect(client.compare(training, empty)).rejects.toMatchObject({ code: 'no-examples' });
  });
});

describe('an excerpt', () => {
  it('is the lines again, with what they ask and answer', async () => {
    const path = write('a.jsonl', [...rows(3), 'not json \u202e', `\uFEFF${'x'.repeat(50)}`]);
    expect(await client.excerpt(path, [2, 4, 5, 9], 20)).toEqual([
      { line: 2, text: `${(rows(2)[1] ?? '').slice(0, 20)}…`, title: 'thing 1', detail: 'Price is $1' },
      { line: 4, text: 'not json \u202e', title: expect.stringContaining('not json') as string, detail: '' },
      { line: 5, text: `${'x'.repeat(20)}…`, title: 'x'.repeat(50), detail: '' },
      { line: 9, text: null, title: '', detail: '' },
    ]);
  });
});

describe.skipIf(dataDir === undefined)('the report of real files', () => {
  const at = (name: string): string => join(dataDir ?? '', 'lesson', name);

  it('predicts the bill of a real job', async () => {
    const { statistics, problems } = await alone(at('students/mrpeski_gdpr_train.jsonl'));
    expect([statistics.examples.count, statistics.tokens]).toEqual([55, 46_018]);
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('finds the 73 duplicates of a legacy file', async () => {
    const report = await alone(at('students/johngorithm_johngorithm.jsonl'));
    expect([report.kind, report.examples, report.duplicates.exact.count]).toEqual(['prompt-completion', 188, 73]);
    expect(report.statistics.examples.count).toBe(188);
  });

  it('finds nothing in a clean pair', async () => {
    const comparison = await client.compare(
      at('pricer_v1_fine_tune_train_200.jsonl'),
      at('pricer_v1_fine_tune_validation_50.jsonl'),
    );
    expect(comparison).toMatchObject({
      heldRows: 50,
      exact: { held: { count: 0 } },
      prompt: { held: { count: 0 } },
      near: { held: { count: 0 } },
    });
  });
});
