import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatasetWorkerClient } from '../../../src/extension/datasets/workerClient.ts';

const client = new DatasetWorkerClient(new URL('../../../src/worker/datasetWorker.ts', import.meta.url));
afterAll(() => client.dispose());

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tuning-fork-new-files-'));
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
const LONG =
  'Please describe in a few sentences how the weather of the last summer differed from that of the years before it';
const rows = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => row(`thing ${String(n)}`, `Price is $${String(n)}`));

const place = (name: string): string => join(folder, name);
function write(name: string, lines: readonly string[] | Uint8Array): string {
  writeFileSync(place(name), lines instanceof Uint8Array ? lines : lines.join('\n'));
  return place(name);
}
const read = (name: string): string[] => readFileSync(place(name), 'utf8').trimEnd().split('\n');

async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return await call.then(
    () => 'none',
    (error: unknown) => (error as { code: unknown }).code,
  );
}

describe('duplicates', () => {
  it('are found exact and near, each on the later row', async () => {
    const path = write('a.jsonl', [
      row('a', '1'),
      row(LONG, 'It was warm.'),
      '{ "messages": [{"content":"a","role":"user"},{"role":"assistant","content":"1"}] }',
      row(`${LONG}!`, 'It was warm.'),
      row('a', '2'),
    ]);
    const report = await client.findDuplicates(path, 100);
    expect(report).toMatchObject({ examples: 5, exact: [3], near: [4], findingCount: 2 });
    expect(report.findings.map(({ line, code }) => [line, code])).toEqual([
      [3, 'duplicate-exact'],
      [4, 'duplicate-near'],
    ]);
  });

  it('are left out of the new file, and the other lines are what they were', async () => {
    const lines = [' {"messages":[] } ', ...rows(2), row('thing 0', 'Price is $0'), 'not json é😀'];
    const path = write('a.jsonl', lines);
    const report = await client.findDuplicates(path, 100);
    expect(await client.removeLines(path, place('b.jsonl'), report.exact, report)).toEqual({ kept: 4, removed: 1 });
    expect(readFileSync(place('b.jsonl'), 'utf8')).toBe(`${lines.filter((_, n) => n !== 3).join('\n')}\n`);
    expect(readdirSync(folder).sort()).toEqual(['a.jsonl', 'b.jsonl']);
  });

  it('are not removed from a file that has changed since', async () => {
    const path = write('a.jsonl', [...rows(2), ...rows(2)]);
    const report = await client.findDuplicates(path, 100);
    write('a.jsonl', [...rows(2), row('new', '1'), row('new', '2')]);
    expect(await codeOf(client.removeLines(path, place('b.jsonl'), report.exact, report))).toBe('file-changed');
    expect(readdirSync(folder)).toEqual(['a.jsonl']);
  });

  it('are not looked for in what has no examples', async () => {
    expect(await codeOf(client.findDuplicates(write('a.jsonl', ['{"level":"info"}']), 10))).toBe('no-examples');
    expect(await codeOf(client.findDuplicates(place('gone.jsonl'), 10))).toBe('file-not-found');
  });
});

describe('contradictions', () => {
  it('are every row of a prompt with several answers', async () => {
    const path = write('a.jsonl', [row('a', '1'), row('b', '1'), row('a', '2'), row('a', '1'), row('b', '1')]);
    const report = await client.findContradictions(path, 2);
    expect(report).toMatchObject({ prompts: 1, findingCount: 3, examples: 5 });
    expect(report.findings.map(({ line }) => line)).toEqual([1, 3]);
  });
});

describe('leakage', () => {
  it('is told row by row, with its strength, and a clean file can be made', async () => {
    const train = write('train.jsonl', [row('a', '1'), row('b', '1'), row(LONG, 'It was warm.')]);
    const test = write('test.jsonl', [row('x', '1'), row('a', '1'), row('b', '2'), row(`${LONG}!`, 'It was warm.')]);
    const report = await client.findLeakage(test, train, 100);
    expect(report).toMatchObject({ exact: 1, prompt: 1, near: 1, lines: [2, 3, 4], findingCount: 3 });
    expect(report.findings[0]?.message).toContain('train.jsonl, line 1');
    await client.removeLines(test, place('clean.jsonl'), report.lines, report);
    expect(read('clean.jsonl')).toEqual([row('x', '1')]);
    expect(await client.findLeakage(place('clean.jsonl'), train, 100)).toMatchObject({ lines: [], findingCount: 0 });
  });
});

describe('splitting into three parts', () => {
  const parts = () => [
    { file: place('train.jsonl'), share: 0.8 },
    { file: place('validation.jsonl'), share: 0.1 },
    { file: place('test.jsonl'), share: 0.1 },
  ];
  const all = () => ['train.jsonl', 'validation.jsonl', 'test.jsonl'].map(read);

  it('puts each row into one, by the shares, and a question never into two', async () => {
    const lines = Array.from({ length: 100 }, (_, n) => row(`thing ${String(n >> 1)}`, String(n)));
    const path = write('a.jsonl', lines);
    expect(await client.splitParts(path, parts(), 7)).toEqual([80, 10, 10]);
    expect(all().flat().sort()).toEqual([...lines].sort());
    const questions = all().map((part) => new Set(part.map((line) => /thing \d+/.exec(line)?.[0])));
    expect(questions.reduce((sum, set) => sum + set.size, 0)).toBe(50);
    const first = all();
    await client.splitParts(path, parts(), 7);
    expect(all()).toEqual(first);
    await client.splitParts(path, parts(), 8);
    expect(all()).not.toEqual(first);
  });

  it('gives each part its share of every answer where the answers are classes', async () => {
    const classes = ['card', 'cash', 'loan', 'loss', 'rate'];
    // In the file's order all of a class stand together, and the last one is rare.
    const lines = classes.flatMap((name, at) =>
      Array.from({ length: at === 4 ? 20 : 45 }, (_, n) => row(`${name} ${String(n)}`, name)),
    );
    const path = write('a.jsonl', lines);
    for (let seed = 0; seed < 5; seed += 1) {
      await client.splitParts(path, parts(), seed);
      const counts = all().map((part) =>
        classes.map((name) => part.filter((line) => line.includes(`"content":"${name}"}`)).length),
      );
      expect(counts[0]).toEqual([36, 36, 36, 36, 16]);
      expect(counts[1]?.every((count, at) => count >= (at === 4 ? 2 : 4) && count <= 5)).toBe(true);
    }
  });

  it('keeps equal prompts of preference pairs and of rows for reinforcement together', async () => {
    const pair = (n: number) =>
      JSON.stringify({
        input: { messages: [{ role: 'user', content: `thing ${String(n >> 1)}` }] },
        preferred_output: [{ role: 'assistant', content: `good ${String(n)}` }],
        non_preferred_output: [{ role: 'assistant', content: 'bad' }],
      });
    const graded = (n: number) =>
      JSON.stringify({ messages: [{ role: 'user', content: `thing ${String(n >> 1)}` }], reference_answer: String(n) });
    for (const make of [pair, graded]) {
      const path = write(
        'a.jsonl',
        Array.from({ length: 60 }, (_, n) => make(n)),
      );
      await client.splitParts(path, parts(), 3);
      const questions = all().map((part) => new Set(part.map((line) => /thing \d+/.exec(line)?.[0])));
      expect(questions.reduce((sum, set) => sum + set.size, 0)).toBe(30);
    }
  });

  it('is refused when a part would be empty, and nothing is written', async () => {
    const path = write('a.jsonl', [row('a', '1'), row('a', '2'), row('b', '1')]);
    expect(await codeOf(client.splitParts(path, parts(), 1))).toBe('cannot-split');
    const same = [{ file: path, share: 0.5 }, ...parts().slice(1)];
    expect(await codeOf(client.splitParts(path, same, 1))).toBe('same-file');
    expect(readdirSync(folder)).toEqual(['a.jsonl']);
  });
});

describe('a sample', () => {
  it('keeps the order of the file, and is the same for the same seed', async () => {
    const lines = rows(50);
    const path = write('a.jsonl', lines);
    const options = { rows: 10, shuffle: false, seed: 3 };
    expect(await client.sample(path, place('b.jsonl'), options)).toBe(10);
    const sample = read('b.jsonl');
    expect(sample).toEqual(lines.filter((line) => sample.includes(line)));
    await client.sample(path, place('c.jsonl'), options);
    expect(read('c.jsonl')).toEqual(sample);
    expect(await client.sample(path, place('c.jsonl'), { ...options, rows: 500 })).toBe(50);
  });

  it('of all rows shuffled has every line once, byte for byte, without mark and CR', async () => {
    const lines = [...rows(40), '{"é":"😀"}', ' not json '];
    const path = write('a.jsonl', Buffer.from(`\uFEFF${lines.join('\r\n')}\r\n\r\n`));
    expect(await client.sample(path, place('b.jsonl'), { rows: null, shuffle: true, seed: 1 })).toBe(42);
    const shuffled = readFileSync(place('b.jsonl'), 'utf8').split('\n').slice(0, -1);
    expect(shuffled).not.toEqual(lines);
    expect([...shuffled].sort()).toEqual([...lines].sort());
  });

  it('of nothing is refused', async () => {
    const options = { rows: 10, shuffle: true, seed: 3 };
    expect(await codeOf(client.sample(write('a.jsonl', ['', '']), place('b.jsonl'), options))).toBe('empty-file');
    expect(readdirSync(folder)).toEqual(['a.jsonl']);
  });

  it('that is cancelled leaves nothing behind', async () => {
    const path = write('a.jsonl', rows(20_000));
    const abort = new AbortController();
    const call = client.sample(path, place('b.jsonl'), { rows: null, shuffle: true, seed: 1 }, abort.signal);
    abort.abort(new Error('Enough'));
    await expect(call).rejects.toThrow('Enough');
    // Another call's answer comes after the cancelled one has cleaned up.
    await expect.poll(() => readdirSync(folder)).toEqual(['a.jsonl']);
  });
});

describe('a clean split of a leaky pair', () => {
  it('has each example once and each question on one side, nearly equal ones too', async () => {
    const train = [...rows(40), row(LONG, 'It was warm.')];
    const test = [...rows(10), row('thing 11', 'another'), row(`${LONG}!`, 'It was warm.')];
    const files = {
      training: write('train.jsonl', train),
      validation: write('test.jsonl', Buffer.from(`\uFEFF${test.join('\r\n')}`)),
    };
    const targets = { training: place('train.clean.jsonl'), validation: place('test.clean.jsonl') };
    // One seed could put the nearly equal ones on one side by chance.
    for (let seed = 0; seed < 12; seed += 1) {
      const result = await client.cleanSplit(files, targets, seed);
      expect(result.removed).toBe(10);
      const [left, right] = [read('train.clean.jsonl'), read('test.clean.jsonl')];
      expect([left.length, right.length]).toEqual([result.training, result.validation]);
      expect([...left, ...right].sort()).toEqual([...new Set([...train, ...test])].sort());
      expect(await client.findLeakage(targets.validation, targets.training, 10)).toMatchObject({ findingCount: 0 });
    }
    expect(readdirSync(folder)).toHaveLength(4);
  });
});

describe('converting', () => {
  it('asks a table for its columns, and writes a row each', async () => {
    const path = write('banking.csv', [
      'text,category',
      '"I, ""am"" still',
      'waiting",card_arrival',
      'é😀,other',
      'short',
    ]);
    expect(await client.tableOf(path)).toMatchObject({
      delimiter: ',',
      columns: ['text', 'category'],
      suggested: { user: 'text', assistant: 'category' },
    });
    const mapping = { user: 'text', assistant: 'category', system: null };
    const result = await client.convert(path, place('a.jsonl'), { delimiter: ',', mapping });
    expect(result).toMatchObject({ converted: 2, skipped: 1, first: { line: 5 } });
    expect(read('a.jsonl').map((line) => (JSON.parse(line) as { messages: unknown }).messages)).toEqual([
      [
        { role: 'user', content: 'I, "am" still\nwaiting' },
        { role: 'assistant', content: 'card_arrival' },
      ],
      [
        { role: 'user', content: 'é😀' },
        { role: 'assistant', content: 'other' },
      ],
    ]);
  });

  it('takes a JSON list with a byte order mark, over several lines', async () => {
    const path = write('a.json', [`\uFEFF[`, JSON.stringify({ prompt: 'a', completion: 'b' }, null, 2), ']']);
    expect(await client.convert(path, place('a.jsonl'), null)).toEqual({ converted: 1, skipped: 0, first: null });
    expect(read('a.jsonl')).toHaveLength(1);
  });

  it('of nothing that is known is refused with the reason, and leaves no file', async () => {
    const path = write('a.json', ['[1, 2]']);
    expect(await codeOf(client.convert(path, place('a.jsonl'), null))).toBe('nothing-to-convert');
    expect(await codeOf(client.tableOf(place('gone.csv')))).toBe('file-not-found');
    expect(readdirSync(folder)).toEqual(['a.json']);
  });
});

describe('splitting a classification', () => {
  it('gives each part its share of every answer', async () => {
    const lines = Array.from({ length: 100 }, (_, n) => row(`question ${String(n)}`, n % 5 === 0 ? 'rare' : 'common'));
    const path = write('a.jsonl', lines);
    const parts = [0.8, 0.1, 0.1].map((share, n) => ({ file: place(`part${String(n)}.jsonl`), share }));
    await client.splitParts(path, parts, 5);
    const rare = parts.map((_, n) => read(`part${String(n)}.jsonl`).filter((line) => line.includes('rare')).length);
    expect(rare).toEqual([16, 2, 2]);
  });
});
