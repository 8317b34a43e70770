import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/base/random.ts';
import { gradeWith, type Match } from '../../../src/core/evaluation/graders/grade.ts';
import { sentenceOf } from '../../../src/core/evaluation/comparison/statements.ts';
import { joinSamples } from '../../../src/core/evaluation/samples.ts';
import type { RowResult, RowSample, RunConfig, TestItem } from '../../../src/core/evaluation/types.ts';
import { judgeSliced } from '../../../src/evals/judgeSliced.ts';
import { portableLines, type PortableRun, verifyRun } from '../../../src/evals/portableRun.ts';
import { JournalReader, RunState } from '../../../src/evals/reader.ts';
import { truthParams } from '../../../src/evals/truthParams.ts';

const match: Match = (pattern, flags, text) => Promise.resolve(new RegExp(pattern, flags).test(text));

const CONFIG: RunConfig = {
  v: 1,
  id: 'run-1',
  createdAt: 1_700_000_000_000,
  name: 'prices.test.jsonl',
  testFile: { path: '/home/someone/data/prices.test.jsonl', sha256: 'a'.repeat(64), items: 30 },
  contestants: [
    { id: 'a', kind: 'fine-tuned', label: 'pricer', connectionId: 'connection-77', model: 'ft:x' },
    { id: 'b', kind: 'base', label: 'base', connectionId: 'connection-77', model: 'x' },
  ],
  grader: 'number',
  numberReader: { version: 2, decimalMark: 'point' },
  sampling: { temperature: 0, maxTokens: 7, seed: 42 },
  answerPrefix: 'Price is $',
  concurrency: 4,
  jobId: 'job-88',
  trainingFile: '/home/someone/data/prices.train.jsonl',
};

function itemsOf(truth: (index: number) => string): readonly TestItem[] {
  return Array.from({ length: 30 }, (_, index) => ({
    index,
    line: index + 1,
    title: `Item ${String(index)}`,
    messages: [{ role: 'user', content: `How much is item ${String(index)}, “ñ 😀”?` }],
    truth: truth(index),
  }));
}

async function rowOf(
  config: RunConfig,
  contestant: string,
  item: TestItem,
  replies: readonly string[],
): Promise<RowResult> {
  const params = truthParams(config, item);
  const graded = await Promise.all(replies.map((sample) => gradeWith(config.grader, { ...params, sample }, match)));
  const [first] = graded;
  if (!first) throw new Error('No reply.');
  if (replies.length === 1)
    return { contestant, item: item.index, sample: replies[0] ?? '', finishReason: 'stop', ...first };
  const samples = graded.map(({ status, guess, error, colour }, at): RowSample => ({
    sample: replies[at] ?? '',
    status: status as RowSample['status'],
    guess,
    error,
    colour,
  }));
  return { contestant, item: item.index, ...joinSamples(config.grader, first.truth, samples, config.graderOptions) };
}

async function numberRun(): Promise<PortableRun> {
  const items = itemsOf((index) => (index === 29 ? 'Price is not known' : `Price is $${String(100 + index)}.00`));
  const random = createRandom(11);
  const rows: RowResult[] = [];
  for (const item of items) {
    rows.push(
      await rowOf(CONFIG, 'a', item, [item.index === 3 ? 'I cannot say' : `${String(90 + random.integer(60))}.50`]),
    );
    rows.push(
      await rowOf(
        CONFIG,
        'b',
        item,
        [1, 2, 3].map(() => String(80 + random.integer(90))),
      ),
    );
  }
  rows[8] = {
    contestant: 'a',
    item: 4,
    status: 'error',
    sample: null,
    guess: null,
    truth: 'x',
    error: null,
    colour: null,
    message: 'Busy.',
    code: 'rate-limit',
  };
  return { config: CONFIG, items, rows, status: 'finished', looks: new Map() };
}

async function labelRun(grader: 'label' | 'regex'): Promise<PortableRun> {
  const labels = ['card', 'transfer', 'cash'];
  const config: RunConfig = {
    ...CONFIG,
    grader,
    graderOptions: grader === 'label' ? { labels, ignoreCase: true } : { pattern: '^{{answer}}', flags: 'i' },
    answerPrefix: null,
  };
  const items = itemsOf((index) => labels[index % 3] ?? '');
  const rows: RowResult[] = [];
  for (const item of items) {
    rows.push(await rowOf(config, 'a', item, [item.index % 7 === 0 ? 'who knows' : item.truth.toUpperCase()]));
    rows.push(await rowOf(config, 'b', item, [item.index % 2 === 0 ? 'Card.' : item.truth]));
  }
  return { config, items, rows, status: 'stopped-early', looks: new Map() };
}

/** A run as version 0.1.0 wrote it. */
async function oldRun(id: string): Promise<PortableRun> {
  const folder = fileURLToPath(new URL('../../fixtures/storage-0.1.0/evaluations', import.meta.url));
  const state = new RunState();
  await new JournalReader(path.join(folder, `${id}.jsonl`)).read((records) => {
    for (const record of records) state.take(record);
  });
  const { config, items, rows, status } = state;
  if (config === null) throw new Error('The run has no head.');
  return { config, items, rows, status, looks: new Map() };
}

const textOf = (run: PortableRun): string => [...portableLines(run)].join('');

it('is the same with a judgment that was made in slices', async () => {
  const run = await numberRun();
  const judgment = await judgeSliced(run.config, run.items, run.rows);
  expect([...portableLines(run, judgment)].join('')).toBe(textOf(run));
});

describe('a run file', () => {
  it.each([
    ['numbers and several samples', numberRun],
    ['labels', () => labelRun('label')],
    ['patterns', () => labelRun('regex')],
  ])('is verified: %s', async (_name, make) => {
    const run = await make();
    const verified = await verifyRun(textOf(run), match);
    expect(verified).toMatchObject({ ok: true });
    if (!verified.ok) return;
    expect(verified.value.run.rows).toHaveLength(60);
    expect(verified.value.run.status).toBe(run.status);
    expect(sentenceOf(verified.value.judgment.statements)).toMatch(/(^|\. )pricer is /);
  });

  it.each(['run-finished', 'run-interrupted'])('of %s of version 0.1.0 is verified, and keeps its rows', async (id) => {
    const run = await oldRun(id);
    const verified = await verifyRun(textOf(run), match);
    expect(verified).toMatchObject({ ok: true, value: { run: { rows: run.rows, status: run.status } } });
  });

  it('holds no folder, no connection and no job of this machine', async () => {
    const text = textOf(await numberRun());
    for (const secret of ['/home', 'someone', 'connection-77', 'job-88']) expect(text).not.toContain(secret);
    expect(text).toContain('prices.test.jsonl');
  });

  it('betrays each of 1,000 changed bytes, and names the line', async () => {
    const bytes = Buffer.from(textOf(await numberRun()));
    const random = createRandom(2026);
    let found = 0;
    for (let round = 0; round < 1000; round++) {
      const at = random.integer(bytes.length);
      const before = bytes[at] ?? 0;
      bytes[at] = (before + 1 + random.integer(255)) % 256;
      const line = bytes.subarray(0, at).toString('latin1').split('\n').length;
      const result = await verifyRun(bytes.toString('utf8'), match);
      if (!result.ok && result.error.message.startsWith(`Line ${String(line)} of`)) found++;
      bytes[at] = before;
    }
    expect(found).toBe(1000);
  }, 60_000);

  it('betrays what is missing, added or in another order', async () => {
    const lines = textOf(await numberRun()).split('\n');
    const said = async (changed: readonly string[]): Promise<string> => {
      const result = await verifyRun(changed.join('\n'), match);
      return result.ok ? 'verified' : result.error.message;
    };
    expect(await said(lines)).toBe('verified');
    expect(await said(lines.toSpliced(5, 1))).toMatch(/^Line 6 of/);
    expect(await said(lines.toSpliced(5, 0, lines[4] ?? ''))).toMatch(/^Line 6 of/);
    expect(await said(lines.toSpliced(5, 2, lines[6] ?? '', lines[5] ?? ''))).toMatch(/^Line 6 of/);
    expect(await said(lines.slice(0, -2).concat(''))).toMatch(/^Line 93 of/);
    expect(await said(lines.slice(0, -1))).toMatch(/^Line 93 of/);
    expect(await said([])).toMatch(/^Line 1 of/);
  });

  it('betrays a grade, a figure or a sentence that does not follow, though all hashes are right', async () => {
    const run = await numberRun();
    const better = run.rows.map((row) =>
      row.contestant === 'a' && row.item === 7 ? { ...row, error: 0, colour: 'green' as const } : row,
    );
    expect(await verifyRun(textOf({ ...run, rows: better }), match)).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/^Line 46 of/) as string },
    });
    // The result of another run under the rows of this one, each line with a hash that fits.
    const forged = [...portableLines(run)];
    const { createHash } = await import('node:crypto');
    let hash = '';
    const again = forged.map((line) => {
      let body = line.replace(/,"h":"[0-9a-f]{64}"\}\n$/, '');
      if (body.startsWith('{"k":"result"')) body = body.replace('"claim":"none"', '"claim":"better"');
      hash = createHash('sha256').update(hash).update('\n').update(body).digest('hex');
      return `${body},"h":"${hash}"}\n`;
    });
    expect(again.join('')).not.toBe(forged.join(''));
    expect(await verifyRun(again.join(''), match)).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/^Line 92 of/) as string },
    });
  });
});
