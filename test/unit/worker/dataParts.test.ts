import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataParts } from '../../../src/worker/dataParts.ts';

const { signal } = new AbortController();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-parts-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}
/** Rows that are all different. */
function rowsOf(
  count: number,
  word = 'thing',
  answer = (row: number): string => `Price is $${String(row + 1)}`,
): string {
  return Array.from({ length: count }, (_, row) => {
    const messages = [
      { role: 'user', content: `What does ${word} number ${String(row)} cost?` },
      { role: 'assistant', content: answer(row) },
    ];
    return `${JSON.stringify({ messages })}\n`;
  }).join('');
}
const linesOf = (file: string): readonly string[] => readFileSync(file, 'utf8').trimEnd().split('\n');

describe('parts of a dataset, for points beside its curve', () => {
  it('lie within each other, are the same every time, and hold a fifth of the rows back', async () => {
    const text = rowsOf(200);
    const file = write('goods.train.jsonl', text);
    const { parts, held, maxTokens } = await dataParts(file, null, folder, signal);
    expect(parts.map(({ share, rows, path: part }) => [share, rows, path.basename(part)])).toEqual([
      [0.25, 40, 'goods.train.25.jsonl'],
      [0.5, 80, 'goods.train.50.jsonl'],
      [1, 160, 'goods.train.100.jsonl'],
    ]);
    const [quarter = [], half = [], whole = []] = parts.map((part) => linesOf(part.path));
    expect([quarter.length, half.length, whole.length]).toEqual([40, 80, 160]);
    expect(half.slice(0, 40)).toEqual(quarter);
    expect(whole.slice(0, 80)).toEqual(half);
    // Each is a row of the file as it is, and none of them is tested.
    const rows = new Set(text.trimEnd().split('\n'));
    expect(whole.every((line) => rows.has(line))).toBe(true);
    expect(new Set(whole).size).toBe(160);
    expect(held).toHaveLength(40);
    for (const { prompt, answer } of held) {
      expect(prompt.map(({ role }) => role)).toEqual(['user']);
      expect(answer).toMatch(/^Price is \$\d+$/);
      const row = JSON.stringify({ messages: [...prompt, { role: 'assistant', content: answer }] });
      expect([rows.has(row), whole.includes(row)]).toEqual([true, false]);
    }
    expect(maxTokens).toBe(32);
    expect((await dataParts(file, null, folder, signal)).held).toEqual(held);
    expect(linesOf(parts[0]?.path ?? '')).toEqual(quarter);
  });

  it('are of all rows where the tested ones are in a validation file, a hundred at most', async () => {
    const file = write('all.jsonl', rowsOf(100));
    const validation = write(
      'held.jsonl',
      rowsOf(130, 'toy', () => 'a long answer '.repeat(10)),
    );
    const { parts, held, maxTokens } = await dataParts(file, validation, folder, signal);
    expect(parts.map(({ rows }) => rows)).toEqual([25, 50, 100]);
    expect(held).toHaveLength(100);
    expect(held.every(({ prompt }) => JSON.stringify(prompt).includes('toy'))).toBe(true);
    expect(maxTokens).toBeGreaterThan(100);
  });

  it('leave out rows without an answer in text, and need one to test with', async () => {
    const silent = `${JSON.stringify({
      messages: [
        { role: 'user', content: 'Hello?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
      ],
    })}\n`;
    const file = write('mixed.jsonl', rowsOf(9) + silent + rowsOf(11, 'toy'));
    const { parts, held } = await dataParts(file, null, folder, signal);
    expect(parts.at(-1)?.rows).toBe(16);
    expect(held).toHaveLength(4);
    const none = write('silent.jsonl', silent);
    await expect(dataParts(file, none, folder, signal)).rejects.toMatchObject({
      problem: { message: 'silent.jsonl has no row with an answer in text.' },
    });
  });

  it('say what is wrong with a folder that is gone', async () => {
    const file = write('any.jsonl', rowsOf(20));
    const gone = path.join(folder, 'gone');
    await expect(dataParts(file, null, gone, signal)).rejects.toMatchObject({ problem: { code: 'folder-not-found' } });
  });
});
