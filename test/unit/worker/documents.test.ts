import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatasetWorkerClient } from '../../../src/extension/datasetWorkerClient.ts';
import type { DatasetCheck } from '../../../src/protocol/datasetWorker.ts';

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
      expect.objectContaining({ line: 5, title: 'Line 5', broken: true }),
    ]);
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
        { role: 'assistant', text: '', otherParts: [], calls: ['f({})'], tokens: 0 },
      ],
      tokens: 10,
      estimated: true,
    });
  });

  it('has nothing to say of a line that is no example', async () => {
    expect(await client.describeLine('{"level":"info"}')).toBeNull();
    expect(await client.describeLine('{')).toBeNull();
  });
});
