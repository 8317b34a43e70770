import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanSplit } from '../../../../../src/core/dataset/transform/cleanSplit.ts';
import {
  convertRow,
  createJsonConverter,
  createTableConverter,
  tableFacts,
} from '../../../../../src/core/dataset/transform/convert.ts';
import { createCsvReader } from '../../../../../src/core/dataset/transform/csv.ts';
import { graderFields } from '../../../../../src/core/dataset/check/gradedRow.ts';
import {
  isClassification,
  labelOf,
  partition,
  sampleRows,
  shuffledRows,
} from '../../../../../src/core/dataset/transform/partition.ts';
import { rowOf } from '../../../../../src/core/dataset/compare/row.ts';
import { createStatistics } from '../../../../../src/core/dataset/report/statistics.ts';

const dataDir = process.env['TUNING_FORK_DATA_DIR'];
const chat = (user: string, answer: string, system?: string): string =>
  JSON.stringify({
    messages: [
      ...(system === undefined ? [] : [{ role: 'system', content: system }]),
      { role: 'user', content: user },
      { role: 'assistant', content: answer },
    ],
  });

describe('splitting rows into parts', () => {
  it('keeps shares and labels, whatever the seed', () => {
    const rows = Array.from({ length: 1000 }, (_, n) => ({ key: n, label: n % 7 }));
    for (const seed of [1, 2, 3]) {
      const parts = partition(rows, { shares: [0.8, 0.1, 0.1], seed });
      for (const [part, share] of [0.8, 0.1, 0.1].entries()) {
        expect(parts.filter((one) => one === part).length).toBeGreaterThan(1000 * share - 10);
        for (let label = 0; label < 7; label += 1) {
          const of = rows.filter((row, index) => row.label === label && parts[index] === part).length;
          expect(Math.abs(of - (1000 / 7) * share)).toBeLessThanOrEqual(2);
        }
      }
    }
    expect(partition(rows, { shares: [8, 2], seed: 5 })).toEqual(partition(rows, { shares: [0.8, 0.2], seed: 5 }));
    expect(partition(rows, { shares: [8, 2], seed: 5 })).not.toEqual(partition(rows, { shares: [8, 2], seed: 6 }));
  });

  it('never has equal prompts on two sides, and leaves no side empty where it need not', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 60 }),
        fc.integer(),
        (keys, seed) => {
          const parts = partition(
            keys.map((key) => ({ key, label: key % 3 })),
            { shares: [0.7, 0.2, 0.1], seed },
          );
          const side = new Map<number, number>();
          keys.forEach((key, index) => {
            const part = parts[index] ?? 0;
            expect(side.get(key) ?? part).toBe(part);
            side.set(key, part);
          });
          if (new Set(keys).size >= 6) expect(new Set(parts).size).toBe(3);
        },
      ),
    );
  });

  it('tells classification by few short answers', () => {
    expect(isClassification(Array.from({ length: 100 }, (_, n) => n % 5))).toBe(true);
    expect(isClassification(Array.from({ length: 100 }, (_, n) => n))).toBe(false);
    expect(isClassification(Array.from({ length: 100 }, (_, n) => (n === 3 ? null : n % 5)))).toBe(false);
    const row = rowOf(chat('a', 'x'.repeat(100)));
    expect(row === null ? 0 : labelOf(row)).toBeNull();
  });

  it('samples and shuffles by a seed', () => {
    expect(sampleRows(100, 10, 1)).toHaveLength(10);
    expect([...sampleRows(100, 10, 1)].sort((a, b) => a - b)).toEqual(sampleRows(100, 10, 1));
    expect(sampleRows(5, 10, 1)).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(shuffledRows(50, 3)).size).toBe(50);
    expect(shuffledRows(50, 3)).not.toEqual(shuffledRows(50, 4));
  });

  it('makes a clean pair of a leaky one', () => {
    const of = (file: 'training' | 'validation', lines: readonly string[]) =>
      lines.map((text, index) => {
        const row = rowOf(text);
        if (row === null) throw new Error(text);
        return { file, line: index + 1, row };
      });
    const training = Array.from({ length: 40 }, (_, n) => chat(`question ${String(n)}`, `answer ${String(n)}`));
    const rows = [...of('training', training), ...of('validation', training.slice(0, 10))];
    const split = cleanSplit(
      rows,
      [
        [1, 2],
        [41, 3],
      ],
      7,
    );
    expect(split.removed).toBe(10);
    expect(split.training.length + split.validation.length).toBe(40);
    expect(split.validation.length).toBeGreaterThan(4);
    const prompts = new Set(split.training.map(({ row }) => row.prompt));
    expect(split.validation.some(({ row }) => prompts.has(row.prompt))).toBe(false);
    const side = (line: number) => split.training.some((one) => one.line === line);
    expect(side(2)).toBe(side(3));
    expect(side(2)).toBe(side(4));
  });
});

describe('converting to chat JSONL', () => {
  const all = (
    converter: { push(text: string): Iterable<string>; end(): Iterable<string> },
    text: string,
    size: number,
  ): string[] => {
    const lines: string[] = [];
    for (let at = 0; at < text.length; at += size) lines.push(...converter.push(text.slice(at, at + size)));
    return [...lines, ...converter.end()];
  };

  it('reads tables however they are cut and quoted', () => {
    const text = '\uFEFFa,b\r\n"x, ""y""\nz",1\r\n\r\nplain "quote",\n"",last';
    for (const size of [1, 2, 7, 100]) {
      const reader = createCsvReader(',');
      const records: { line: number; fields: readonly string[] }[] = [];
      for (let at = 0; at < text.length; at += size) records.push(...reader.push(text.slice(at, at + size)));
      records.push(...reader.end());
      expect(records).toEqual([
        { line: 1, fields: ['a', 'b'] },
        { line: 2, fields: ['x, "y"\nz', '1'] },
        { line: 5, fields: ['plain "quote"', ''] },
        { line: 6, fields: ['', 'last'] },
      ]);
    }
  });

  it('reads every table that is written by the rules', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', 'é', '\t') });
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 3 }), { minLength: 1, maxLength: 6 }), (rows) => {
        const text = rows.map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')).join('\r\n');
        const reader = createCsvReader(',');
        expect([...reader.push(text), ...reader.end()].map(({ fields }) => fields)).toEqual(rows);
      }),
    );
  });

  it('proposes columns by their names', () => {
    expect(tableFacts('text,category\na,b\nc,d\n')).toEqual({
      delimiter: ',',
      columns: ['text', 'category'],
      suggested: { user: 'text', assistant: 'category', system: null },
    });
    expect(tableFacts('id\tquestion\tanswer\n1\ta\tb\n')?.suggested).toEqual({
      user: 'question',
      assistant: 'answer',
      system: null,
    });
    expect(tableFacts('x;y;z\n1;2;3\n')?.suggested).toBeNull();
    expect(tableFacts('just words\nand more\n')).toBeNull();
  });

  it('takes the columns it is told, and says which rows it left out', () => {
    const converter = createTableConverter(
      '\t',
      { user: 'q', assistant: 'a', system: 's' },
      { systemText: 'Be brief.' },
    );
    expect(all(converter, 'q\ta\ts\nx\ty\t\n\tz\t\nv\tw\tOwn.\n', 3)).toEqual([
      chat('x', 'y', 'Be brief.'),
      chat('v', 'w', 'Own.'),
    ]);
    expect(converter.skipped).toEqual([{ line: 3, reason: 'The prompt or the answer is empty.' }]);
    expect([converter.converted, converter.skippedCount]).toEqual([2, 1]);
  });

  it('reads lists, pretty-printed, concatenated and line by line', () => {
    const rows = [chat('a "]', 'b'), chat('c', 'd\n{')];
    const values = rows.map((row) => JSON.parse(row) as unknown);
    for (const text of [
      JSON.stringify(values),
      JSON.stringify(values, null, 2),
      values.map((value) => JSON.stringify(value, null, 1)).join('\n'),
      rows.join(''),
      rows.join('\n'),
      `[\r\n${rows.join(',\r\n')}\r\n]\r\n`,
    ])
      for (const size of [1, 5, 1000])
        expect(all(createJsonConverter(), text, size).map((line) => JSON.parse(line) as unknown)).toEqual(values);
  });

  it('keeps chat rows byte for byte, but on one line', () => {
    const raw =
      '{"id": 12345678901234567890,\n  "messages": [{"role": "user", "content": "a  b"},\r\n{"role": "assistant", "content": "\\u00e9"}]}';
    expect(all(createJsonConverter(), raw, 4)).toEqual([
      '{"id": 12345678901234567890, "messages": [{"role": "user", "content": "a  b"}, {"role": "assistant", "content": "\\u00e9"}]}',
    ]);
  });

  it.each([
    [{ prompt: 'Hi ->', completion: ' there\n' }, chat('Hi', 'there')],
    [{ instruction: 'Add.', input: '1 + 1', output: '2' }, chat('Add.\n\n1 + 1', '2')],
    [{ instruction: 'Say hi.', input: '', response: 'hi' }, chat('Say hi.', 'hi')],
    [
      {
        conversations: [
          { from: 'system', value: 's' },
          { from: 'human', value: 'a' },
          { from: 'gpt', value: 'b' },
          { from: 'human', value: 'c' },
        ],
      },
      chat('a', 'b', 's'),
    ],
  ])('%j', (value, line) => {
    const result = convertRow(value, JSON.stringify(value));
    expect(result.ok ? result.value : result.error).toBe(line);
  });

  it.each([
    [{ prompt: '', completion: 'x' }],
    [{ conversations: [{ from: 'tool', value: 'x' }] }],
    [{ conversations: [] }],
    [{ text: 'a' }],
  ])('leaves out %j with a reason', (value) => {
    const result = convertRow(value, JSON.stringify(value));
    expect(result.ok ? '' : result.error).toMatch(/^[A-Z].*\.$/);
  });

  it.skipIf(dataDir === undefined)('converts 10,003 rows of banking77, and splits them by intent', () => {
    const path = join(dataDir ?? '', 'banking77/train.csv');
    expect(existsSync(path)).toBe(true);
    const text = readFileSync(path, 'utf8');
    const facts = tableFacts(text.slice(0, 4000));
    expect(facts?.columns).toEqual(['text', 'category']);
    if (facts === null || facts.suggested === null) throw new Error('No suggestion');
    const converter = createTableConverter(facts.delimiter, facts.suggested);
    const lines = all(converter, text, 65_536);
    expect([lines.length, converter.skippedCount]).toEqual([10_003, 0]);
    const rows = lines.map((line) => rowOf(line)).filter((row) => row !== null);
    const labels = rows.map((row) => labelOf(row));
    expect(new Set(labels).size).toBe(77);
    expect(isClassification(labels)).toBe(true);
    const parts = partition(
      rows.map((row, index) => ({ key: row.prompt ?? index, label: labels[index] ?? null })),
      { shares: [0.9, 0.1], seed: 1 },
    );
    expect(Math.abs(parts.filter((part) => part === 1).length - 1000)).toBeLessThan(45);
    expect(new Set(labels.filter((_, index) => parts[index] === 1)).size).toBe(77);
  });
});

describe('figures of a dataset', () => {
  it('counts tokens, answers, roles and what is too long, with lines to go to', () => {
    const statistics = createStatistics(
      { count: (text) => ({ tokens: text.length, estimated: false }), reset: () => undefined },
      [50, 100, 200],
    );
    ['yes', 'no', 'yes', 'x'.repeat(95)].forEach((answer, index) => {
      statistics.add(index * 2 + 1, {
        messages: [
          { role: 'user', content: 'q' },
          { role: 'assistant', content: answer },
        ],
      });
    });
    const figures = statistics.figures();
    expect(figures.examples).toEqual({ count: 4, lines: [1, 3, 5, 7] });
    expect(figures.longest.lines).toEqual([7, 1, 5, 3]);
    expect(figures.tokens).toBe(4 * 10 + 3 + 2 + 3 + 95);
    expect(figures.answerTokens?.largest).toEqual({ value: 95, rows: { count: 1, lines: [7] } });
    expect(figures.answerTokens?.median).toEqual({ value: 3, rows: { count: 2, lines: [1, 5] } });
    expect(figures.tokensPerExample?.bars.reduce((sum, bar) => sum + bar.rows.count, 0)).toBe(4);
    expect(figures.frequentAnswers).toEqual([{ text: 'yes', rows: { count: 2, lines: [1, 5] } }]);
    expect(figures.distinctAnswers).toEqual({ count: 3, lines: [1, 3, 7] });
    expect(figures.roles.map(({ role, messages, rows }) => [role, messages, rows.count])).toEqual([
      ['user', 4, 4],
      ['assistant', 4, 4],
    ]);
    expect(figures.overLimit.map(({ limit, rows }) => [limit, rows.lines])).toEqual([
      [50, [7]],
      [100, [7]],
      [200, []],
    ]);
  });

  it('has nothing to say of nothing', () => {
    const figures = createStatistics({
      count: () => ({ tokens: 0, estimated: false }),
      reset: () => undefined,
    }).figures();
    expect([figures.examples.count, figures.tokensPerExample, figures.frequentAnswers]).toEqual([0, null, []]);
  });
});

describe("a grader's fields", () => {
  it('are read from its templates, however deep', () => {
    expect(
      graderFields({
        input: '{{item.reference_answer}}',
        reference: '{{sample.output_text}}',
        graders: { a: ['{{ item.meta.label }}', "{{item['x y']}}"] },
      }),
    ).toEqual(['reference_answer', 'meta.label', 'x y']);
    expect(graderFields(null)).toEqual([]);
  });
});
