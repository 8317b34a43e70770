import { describe, expect, it } from 'vitest';
import { createChecker } from '../../../../../src/core/dataset/check/checker.ts';
import { createLineSplitter } from '../../../../../src/core/jsonl/lines.ts';
import {
  createJsonConverter,
  createTableConverter,
  tableFacts,
  type Converter,
} from '../../../../../src/core/dataset/transform/convert.ts';
import { a, chat, CONVERTED, u } from './formCases.ts';
import { SKIPPED } from './skippedCases.ts';

function convert(text: string, size = 7) {
  const converter = createJsonConverter();
  return { lines: all(converter, text, size), converter };
}

function all(converter: Converter, text: string, size: number): string[] {
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += size) lines.push(...converter.push(text.slice(at, at + size)));
  lines.push(...converter.end());
  return lines;
}

function check(lines: readonly string[]) {
  const checker = createChecker({ accept: 'any', minExamples: 0 });
  const splitter = createLineSplitter();
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));
  const findings = [...splitter.push(bytes), ...splitter.end()].flatMap((line) => checker.line(line).findings);
  return [...findings, ...checker.end().findings].filter(({ severity }) => severity === 'error');
}

type Case = readonly [name: string, row: unknown, made: unknown, leftOut: readonly string[]];
const CASES = CONVERTED.map(([name, row, made, leftOut = []]): Case => [name, row, made, leftOut]);

describe('one row of another form', () => {
  it.each(CASES)('%s', (_name, row, made, leftOut) => {
    const { lines, converter } = convert(JSON.stringify(row));
    expect(converter.skipped).toEqual([]);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([made]);
    expect(converter.leftOut.map(({ key }) => key)).toEqual(leftOut);
    expect(check(lines)).toEqual([]);
  });

  it.each(CASES)('%s: every text of the source is in the result, or its key is named', (_name, row, made, leftOut) => {
    // Marks, names of roles and the shape are the meaning of the result; texts that are said are in it word by word.
    const words = (value: unknown): readonly string[] =>
      typeof value === 'string'
        ? (value.match(/[\p{L}\p{N}_]+/gu) ?? [])
        : typeof value === 'object' && value !== null
          ? Object.entries(value).flatMap(([key, inside]) => (leftOut.includes(key) ? [] : words(inside)))
          : [];
    const known = new Set([...words(made), ...MARKS]);
    expect(words(row).filter((word) => !known.has(word))).toEqual([]);
  });
});

/** Words of roles, chat templates and JSON inside text, which become keys and roles. */
const MARKS = new Set(
  (
    'human gpt observation tool function_call user User model Chatbot System system assistant role content from value name arguments ' +
    'parameters description type object properties im_start im_end s INST SYS begin_of_text start_header_id end_header_id eot_id ' +
    'start_of_turn end_of_turn Human Assistant image input output tool_call tool_response text output_text bedrock conversation 2024 OBJECT NUMBER ' +
    'tool_use tool_result output_text bos function b a it sum'
  ).split(' '),
);

describe('a row that cannot be converted without loss', () => {
  it.each(SKIPPED)('%s', (_name, row, reason) => {
    const { lines, converter } = convert(`${JSON.stringify(row)}\n${JSON.stringify({ ...chat(u('q'), a('a')) })}\n`);
    expect(lines).toHaveLength(1);
    expect(converter.skipped).toEqual([{ line: 1, reason: expect.stringMatching(reason) as string }]);
  });
});

describe('values that hold several rows', () => {
  const rows = [1, 2, 3].map((n) => ({ question: `q${String(n)}`, answer: `a${String(n)}` }));
  const made = rows.map(({ question, answer }) => chat(u(question), a(answer)));
  const cases: readonly (readonly [name: string, text: string, leftOut?: string])[] = [
    ['a list under a key', JSON.stringify({ version: 1, data: rows }), 'version'],
    ['a list under a key, over lines', JSON.stringify({ data: rows }, null, 2)],
    ['rows of the Hugging Face server', JSON.stringify({ rows: rows.map((row, row_idx) => ({ row_idx, row })) })],
    ['columns', JSON.stringify({ question: rows.map((row) => row.question), answer: rows.map((row) => row.answer) })],
    [
      'columns of pandas',
      JSON.stringify({
        question: Object.fromEntries(rows.map((row, n) => [n, row.question])),
        answer: Object.fromEntries(rows.map((row, n) => [n, row.answer])),
      }),
    ],
    [
      'a split table of pandas',
      JSON.stringify({
        columns: ['question', 'answer'],
        index: [0, 1, 2],
        data: rows.map((row) => Object.values(row)),
      }),
    ],
    ['lines encoded twice', rows.map((row) => JSON.stringify(JSON.stringify(row))).join('\n')],
    ['a list of rows encoded twice', JSON.stringify(rows.map((row) => JSON.stringify(row)))],
    [
      'lists of rows on each line',
      rows
        .map((row) => JSON.stringify([row]))
        .join('\n')
        .replace('\n', '\n\n'),
    ],
    ['lists of messages', made.map(({ messages }) => JSON.stringify(messages)).join('\n')],
    ['a list of lists of messages', JSON.stringify(made.map(({ messages }) => messages))],
    ['columns of messages', JSON.stringify({ messages: made.map(({ messages }) => messages) })],
    ['rows with a comma after each', rows.map((row) => `${JSON.stringify(row)},`).join('\n')],
    ['rows in a block of Markdown', `\`\`\`json\n${rows.map((row) => JSON.stringify(row)).join('\n')}\n\`\`\`\n`],
    ['rows as Python prints them', rows.map((row) => JSON.stringify(row).replaceAll('"', "'")).join('\n')],
    ['objects over lines', rows.map((row) => JSON.stringify(row, null, 1)).join('\n')],
  ];
  it.each(cases.map(([name, text, leftOut]) => ({ name, text, leftOut })))('$name', ({ text, leftOut }) => {
    for (const size of [1, 6, 1000]) {
      const { lines, converter } = convert(text, size);
      expect(converter.skipped).toEqual([]);
      expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(made);
      expect(converter.leftOut.map(({ key }) => key)).toEqual(leftOut === undefined ? [] : [leftOut]);
      expect(check(lines)).toEqual([]);
    }
  });

  it('mends texts that go on over lines', () => {
    const text =
      '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"line one\n00:01 line two\n\nend"}]}\n';
    const { lines, converter } = convert(text + text);
    expect(converter.skipped).toEqual([]);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
      Array.from({ length: 2 }, () => chat(u('a'), a('line one\n00:01 line two\n\nend'))),
    );
  });

  it.each([
    ['a text that never ends', '{"messages":[{"role":"user","content":"a'],
    ['a bracket that never closes', '{"messages":[{"role":"user","content":"a"}]'],
  ])('goes on after %s', (_name, broken) => {
    const good = made.map((row) => JSON.stringify(row));
    for (const size of [1, 11, 1000]) {
      const { lines, converter } = convert([good[0], broken, good[1], good[2]].join('\n'), size);
      expect(lines).toEqual(good);
      expect(converter.skipped).toEqual([{ line: 2, reason: 'The row is not JSON.' }]);
    }
  });

  it('writes one kind: that of the first row that can be converted', () => {
    const { lines, converter } = convert(
      [
        { prompt: 'q', chosen: 'x', rejected: 'y' },
        { question: 'q', answer: 'a' },
      ]
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    expect(lines).toHaveLength(1);
    expect(converter.kind).toBe('preference');
    expect(converter.skipped).toEqual([{ line: 2, reason: 'The row is of another kind than the rows before it.' }]);
  });

  it('adds up: what is converted is what the check accepts, and every other row has its reason', () => {
    const text = [...CONVERTED.map(([, row]) => row), ...SKIPPED.map(([, row]) => row)]
      .map((row) => JSON.stringify(row))
      .join('\n');
    const { lines, converter } = convert(text, 4096);
    expect(converter.converted).toBe(lines.length);
    expect(converter.converted + converter.skippedCount).toBe(CONVERTED.length + SKIPPED.length);
    expect(converter.reasons.reduce((sum, { rows }) => sum + rows, 0)).toBe(converter.skippedCount);
    expect(check(lines)).toEqual([]);
  });
});

describe('a table with a hint for Excel', () => {
  it.each([
    ['sep=;\nquestion;answer\na, b;c\n', ';', 'a, b'],
    ['\uFEFFsep=;\r\nquestion;answer\r\na, b;c\r\n', ';', 'a, b'],
    ['sep=|\nquestion|answer\na;b|c\n', '|', 'a;b'],
    ['"sep=,"\nquestion,answer\n"a,b",c\n', ',', 'a,b'],
    ['SEP=\t\nquestion\tanswer\na b\tc\n', '\t', 'a b'],
  ])('%j', (text, delimiter, question) => {
    const facts = tableFacts(text);
    expect(facts).toEqual({
      delimiter,
      columns: ['question', 'answer'],
      suggested: { user: 'question', assistant: 'answer', system: null },
    });
    if (facts === null || facts.suggested === null) throw new Error('No suggestion');
    for (const size of [1, 1000]) {
      const converter = createTableConverter(facts.delimiter, facts.suggested);
      expect(all(converter, text, size).map((line) => JSON.parse(line) as unknown)).toEqual([
        chat(u(question), a('c')),
      ]);
      expect(converter.skipped).toEqual([]);
    }
  });

  it('is no hint beside other words', () => {
    expect(tableFacts('sep=a;b\nc;d\n')?.columns).toEqual(['sep=a', 'b']);
  });

  it('names columns that are left out', () => {
    const converter = createTableConverter(',', { user: 'q', assistant: 'a', system: null });
    expect(all(converter, 'q,a,note\nx,y,z\nv,w,\n', 5)).toHaveLength(2);
    expect(converter.leftOut).toEqual([{ key: 'note', rows: 1 }]);
  });
});
