import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatasetWorkerClient } from '../../../src/extension/datasets/workerClient.ts';
import type { DatasetCheck } from '../../../src/protocol/datasetWorker.ts';

const dataDir = process.env['TUNING_FORK_DATA_DIR'];
const client = new DatasetWorkerClient(new URL('../../../src/worker/datasetWorker.ts', import.meta.url));
afterAll(() => client.dispose());

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tuning-fork-documents-'));
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
const rows = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => row(`How much?\nthing ${String(n)}`, `Price is $${String(n)}`));

const check = (text: string, options: { disk?: string; limit?: number; forTraining?: boolean } = {}) =>
  client.check({ name: 'Untitled-1', text }, { disk: null, limit: 1000, forTraining: true, ...options });
const codes = (result: DatasetCheck) =>
  result.findings.map(({ line, code, severity }) => `${String(line)} ${code} ${severity}`);

describe('checking a document', () => {
  it('finds nothing in a good dataset', async () => {
    expect(await check(rows(12).join('\n'))).toEqual({
      dataset: true,
      kind: 'chat',
      examples: 12,
      findings: [],
      findingCount: 0,
      errorCount: 0,
    });
  });

  it('puts each finding on its line', async () => {
    const text = [...rows(3), '{"messages": [}', '', ...rows(10)].join('\n');
    expect(codes(await check(text))).toEqual(['4 json-syntax error', '5 blank-line information']);
  });

  it('leaves logs alone, and names only what is not JSON, as information', async () => {
    const log = ['{"level":"info","text":"a"}', '{"level":"info",}', '[1]', '{"a":1,"a":2}'].join('\n');
    expect(await check(log)).toMatchObject({ dataset: false });
    expect(codes(await check(log))).toEqual(['2 json-trailing-comma information']);
    expect(codes(await check('{"level":"info"}\n'.repeat(3)))).toEqual([]);
  });

  it.each([
    ["{'messages': [{'role': 'user', 'content': 'x'}]}"],
    ['{"mesages": [{"role": "user", "content": "x"}]}'],
    ['{messages: []}'],
    ['{"prompt": "x", "completion": '],
  ])('takes %s for an example that went wrong', async (text) => {
    const result = await check(text, { forTraining: false });
    expect(result.dataset).toBe(true);
    expect(result.errorCount).toBe(1);
  });

  it('takes preference pairs by their own rules', async () => {
    const pair = {
      input: { messages: [{ role: 'user', content: 'x' }] },
      preferred_output: [{ role: 'assistant', content: 'a' }],
      non_preferred_output: [{ role: 'assistant', content: 'b' }],
    };
    expect(await check(JSON.stringify(pair), { forTraining: false })).toMatchObject({
      kind: 'preference',
      findings: [],
    });
  });

  it('names a table and a JSON list for what they are', async () => {
    expect(codes(await check('text,label\nhello,greeting\n'))).toEqual(['1 csv error']);
    expect(codes(await check(`[\n${rows(2).join(',\n')}\n]`))).toEqual(['1 json-array error']);
  });

  it('says nothing of a document in which nothing is written yet', async () => {
    expect(await check('')).toMatchObject({ dataset: false, findings: [], findingCount: 0 });
    expect(await check('\n')).toMatchObject({ dataset: false, findings: [] });
  });

  it('keeps errors before the rest when there are more than the limit', async () => {
    const text = [...rows(20).flatMap((line) => [line, '']), '{', '{'].join('\n');
    const result = await check(`${text}\n`, { limit: 5 });
    expect(result).toMatchObject({ findingCount: 22, errorCount: 2 });
    expect(result.findings).toHaveLength(5);
    expect(result.findings.filter(({ severity }) => severity === 'error').map(({ line }) => line)).toEqual([41, 42]);
  });

  it('adds what only the bytes on disk show', async () => {
    const text = rows(12).join('\n');
    const disk = join(folder, 'bom.jsonl');
    writeFileSync(disk, `\uFEFF${text}`);
    expect(codes(await check(text, { disk }))).toEqual(['1 byte-order-mark warning']);
    writeFileSync(disk, Buffer.from(`\uFEFF${text}`, 'utf16le'));
    expect(codes(await check(text, { disk }))).toEqual(['0 utf-16 error']);
    expect(codes(await check(text, { disk: join(folder, 'gone.jsonl') }))).toEqual([]);
  });

  it('ends when nobody waits any more', async () => {
    const abort = new AbortController();
    const call = client.check(
      { name: 'a', text: rows(50_000).join('\n') },
      { disk: null, limit: 10, forTraining: false },
      abort.signal,
    );
    abort.abort(new Error('A newer text'));
    await expect(call).rejects.toThrow('A newer text');
  });
});

describe('a grader', () => {
  const graded = (keys: object = {}): string =>
    JSON.stringify({ messages: [{ role: 'user', content: 'Which one? A or B' }], ...keys });
  const grader = (field: string): string =>
    JSON.stringify({ type: 'string_check', input: `{{item.${field}}}`, reference: '{{sample.output_text}}' });
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const checkWith = (path: string, source: Parameters<typeof client.check>[1]['grader'] = { beside: path }) =>
    client.check({ path }, { disk: null, limit: 1000, forTraining: false, grader: source });

  it('beside rows without answers is found by its name, and names the rows that lack its field', async () => {
    const path = write('quiz.train.jsonl', [graded(), graded({ truth: 'A' }), '', graded({ other: 1 })].join('\n'));
    const file = write('quiz_grader.json', grader('truth'));
    write('prices_grader.json', grader('price'));
    const result = await checkWith(path);
    expect(result.grader).toEqual({ path: file, fields: ['truth'] });
    expect(result).toMatchObject({ kind: 'reinforcement', dataset: true });
    expect(codes(result)).toEqual([
      '1 grader-field-missing error',
      '3 blank-line information',
      '4 grader-field-missing error',
    ]);
  });

  it('of a folder is not held against rows that have answers', async () => {
    const path = write('quiz.train.jsonl', rows(12).join('\n'));
    write('quiz.grader.json', grader('truth'));
    write('grader.json', grader('truth'));
    const result = await checkWith(path);
    expect(result.grader).toBeUndefined();
    expect(codes(result)).toEqual([]);
  });

  it('of a folder that is broken, or reads no field, is passed over for the next', async () => {
    const path = write('quiz.train.jsonl', graded());
    write('quiz.train.grader.json', '{');
    write('quiz-grader.json', grader('truth').replace('item.', 'sample.'));
    expect((await checkWith(path)).grader).toBeUndefined();
    const last = write('grader.json', grader('truth'));
    expect((await checkWith(path)).grader?.path).toBe(last);
  });

  it('that was chosen is used whatever the rows are, and says what is wrong with itself', async () => {
    const path = write('quiz.jsonl', rows(2).join('\n'));
    expect(codes(await checkWith(path, { file: write('any.json', grader('truth')) }))).toEqual([
      '1 grader-field-missing error',
      '1 reinforcement-shape error',
      '2 grader-field-missing error',
      '2 reinforcement-shape error',
    ]);
    const code = async (file: string): Promise<unknown> =>
      await checkWith(path, { file }).then(
        () => 'none',
        (error: unknown) => (error as { code: unknown }).code,
      );
    expect(await code(write('broken.json', '{'))).toBe('not-a-grader');
    expect(await code(write('list.json', '[]'))).toBe('not-a-grader');
    expect(await code(join(folder, 'gone.json'))).toBe('file-not-found');
    expect(await code(folder)).toBe('is-a-folder');
  });

  it.skipIf(dataDir === undefined)('of the real file reads a field that none of its 60 rows has', async () => {
    const result = await checkWith(join(dataDir ?? '', 'foundry/rft_medmcq_validation_head60.jsonl'));
    expect(result.grader?.fields).toEqual(['reference_answer']);
    expect(result.findings.map(({ code, line }) => `${code} ${String(line)}`)).toEqual(
      Array.from({ length: 60 }, (_, n) => `grader-field-missing ${String(n + 1)}`),
    );
  });
});

describe('two files', () => {
  const write = (name: string, lines: readonly string[]): string => {
    const file = join(folder, name);
    writeFileSync(file, lines.join('\n'));
    return file;
  };
  const withSystem = (n: number, answer: string): string =>
    JSON.stringify({
      messages: [
        { role: 'system', content: 'Answer.' },
        { role: 'user', content: `thing ${String(n)}` },
        { role: 'assistant', content: answer },
      ],
    });

  it('are told apart by what nearly all rows of each have in common', async () => {
    const training = write('train.jsonl', rows(12));
    expect(await client.compareFormats(write('same.jsonl', rows(3)), training)).toEqual([]);
    const other = write(
      'other.jsonl',
      [1, 2, 3].map((n) => withSystem(n, 'About five')),
    );
    const findings = await client.compareFormats(other, training);
    expect(findings.map(({ code, line, severity }) => [code, line, severity])).toEqual([
      ['format-differs', 0, 'warning'],
      ['format-differs', 0, 'warning'],
    ]);
    expect(findings[0]?.message).toBe('This file has system messages, but the training file has none.');
  });

  it('begin their replies alike, or are named with both beginnings', async () => {
    const training = write('train.jsonl', rows(12));
    expect(await client.comparePrefix('Price is $', training)).toEqual({ finding: null, answerPrefix: 'Price is $' });
    const { finding, answerPrefix } = await client.comparePrefix('Cost: $', training);
    expect(answerPrefix).toBe('Price is $');
    expect(finding).toMatchObject({
      code: 'answer-prefix-differs',
      message: 'The answer prefix is "Cost: $", but the training answers begin with "Price is $".',
    });
  });
});

describe('tokens of a document', () => {
  it('leaves out what cannot be read, and finds the longest example', async () => {
    const text = [row('a', 'b'), '{', row('a a a a a a a a', 'b')].join('\n');
    expect(await client.countTokens({ name: 'a', text })).toEqual({
      // 1 + 2 × (4 + 1), and the same with eight tokens for one.
      tokens: 11 + 18,
      estimated: false,
      examples: 2,
      longest: 18,
      longestLine: 3,
    });
  });
});

describe('the outline', () => {
  it('has a row for each example, by its question without the line that all share', async () => {
    const text = [...rows(2), '', '{', row('How much?\n\u202Ea\tb', '')].join('\n');
    expect(await client.outline({ name: 'a', text }, 100)).toEqual([
      { line: 1, title: 'thing 0', detail: 'Price is $0', broken: false },
      { line: 2, title: 'thing 1', detail: 'Price is $1', broken: false },
      expect.objectContaining({ line: 4, title: 'Line 4', broken: true }),
      expect.objectContaining({ line: 5, title: 'a b', broken: true }),
    ]);
  });

  it('tells rows of every kind and of unknown forms apart, after the beginning that they share', async () => {
    const ask = 'Estimate the typical retail price of this product in US dollars.';
    const pair = (thing: string): string =>
      JSON.stringify({
        input: { messages: [{ role: 'user', content: `${ask} ${thing}` }] },
        preferred_output: [{ role: 'assistant', content: '5' }],
        non_preferred_output: [{ role: 'assistant', content: '6' }],
      });
    const unknown = (thing: string): string => JSON.stringify({ task: { text: `${ask} ${thing}` } });
    const titlesOf = async (make: (thing: string) => string): Promise<readonly string[]> => {
      const rows = [row('a', 'b'), ...['kettle', 'lamp', 'sock'].map(make)];
      const found = await client.outline({ name: 'a', text: rows.join('\n') }, 100);
      return found.map(({ title }) => title);
    };
    const titles = ['a', 'kettle', 'lamp', 'sock'];
    for (const make of [(thing: string) => row(`${ask} ${thing}`, '5'), pair, unknown])
      expect(await titlesOf(make)).toEqual(titles);
  });

  it('leaves logs alone', async () => {
    expect(await client.outline({ name: 'a', text: '{"level":"info"}\n{"level":}' }, 7)).toEqual([]);
  });

  it('ends at the limit', async () => {
    expect(await client.outline({ name: 'a', text: rows(50).join('\n') }, 7)).toHaveLength(7);
  });
});

describe('one line in words', () => {
  it('gives each message with its tokens', async () => {
    const text = JSON.stringify({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'see' },
            { type: 'image_url', image_url: { url: 'https://x.y/z.png' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
      ],
      tools: [{ type: 'function', function: { name: 'f' } }],
    });
    expect(await client.describeLine(text)).toEqual({
      messages: [
        { role: 'user', text: 'see', otherParts: ['image_url'], calls: [], tokens: 1 },
        { role: 'assistant', text: '', otherParts: [], calls: ['f({})'], tokens: 9 },
      ],
      tokens: 32,
      estimated: true,
    });
  });

  it('has nothing to say of a line that is no example', async () => {
    expect(await client.describeLine('{"level":"info"}')).toBeNull();
    expect(await client.describeLine('{')).toBeNull();
  });
});
