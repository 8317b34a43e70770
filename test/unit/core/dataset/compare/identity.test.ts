// Which rows are the same: all that a model would be trained on or asked with counts, understood or not.
import { describe, expect, it } from 'vitest';
import { createContradictionFinder } from '../../../../../src/core/dataset/compare/contradictions.ts';
import { createDuplicateFinder } from '../../../../../src/core/dataset/compare/duplicates.ts';
import { rowOf, rowOfLine } from '../../../../../src/core/dataset/compare/row.ts';
import { createChecker } from '../../../../../src/core/dataset/check/checker.ts';
import { checkExample } from '../../../../../src/core/dataset/check/parseExample.ts';
import { createLineSplitter } from '../../../../../src/core/jsonl/lines.ts';

/** Exact and near duplicates of lines, read as the commands read them. */
async function duplicates(lines: readonly string[]): Promise<readonly (readonly [line: number, of: number])[]> {
  const checker = createChecker({ accept: 'any', minExamples: 0 });
  const finder = createDuplicateFinder();
  const splitter = createLineSplitter();
  const bytes = new TextEncoder().encode(lines.join('\n'));
  for (const line of [...splitter.push(bytes), ...splitter.end()]) {
    const row = rowOfLine(checker.line(line));
    if (row !== null) finder.add(line.number, row);
  }
  const { exact, near } = await finder.finish((line) => lines[line - 1] ?? null);
  return [
    ...exact.map(({ line, of }) => [line, of] as const),
    ...near.map(({ line, other }) => [line, other] as const),
  ];
}

const codes = (line: string): readonly string[] => [...new Set(checkExample(line, 1).findings.map(({ code }) => code))];
const words = ['one', 'two', 'six', 'ten', 'red', 'blue', 'green', 'grey', 'a', 'b', 'c', 'd'];
const numbers = Array.from({ length: 12 }, (_, n) => n + 1);
const chat = (content: unknown, reply: unknown, more: object = {}): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content },
      { role: 'assistant', content: reply },
    ],
    ...more,
  });

describe('a row with content that is not understood', () => {
  it.each<readonly [string, (n: string) => string, readonly string[]]>([
    ['a list of bare texts', (n) => chat([`Describe item ${n}.`], [`It is ${n}.`]), ['content-type']],
    [
      'parts that keep their text in another key',
      (n) => chat([{ type: 'text', value: `Describe item ${n}.` }], [{ type: 'text', value: `It is ${n}.` }]),
      ['content-type'],
    ],
    ['an object as content', (n) => chat({ text: `Describe ${n}` }, { text: `It is ${n}.` }), ['content-type']],
    ['lists within lists', (n) => chat([[`Describe ${n}`]], [[`It is ${n}.`]]), ['content-type']],
    ['numbers', (n) => chat(Number(n), Number(n)), ['content-type']],
  ])('%s: is told for its type alone, and differs from the others', async (name, line, expected) => {
    const lines = (name === 'numbers' ? numbers.map(String) : words).map(line);
    for (const each of lines) expect(codes(each)).toEqual(expected);
    expect(await duplicates(lines)).toEqual([]);
    expect(await duplicates([lines[0] ?? '', lines[1] ?? '', lines[0] ?? ''])).toEqual([[3, 1]]);
  });

  it('differs by numbers that JavaScript reads as the same', () => {
    const of = (number: string): number | undefined =>
      rowOf(`{"messages":[{"role":"user","content":[${number}]},{"role":"assistant","content":"a"}]}`)?.exact;
    expect(of('12345678901234567890')).not.toBe(of('12345678901234567891'));
    expect(of('1.0')).not.toBe(of('1'));
    expect(of('1.0')).toBe(of(' 1.0'));
  });

  it('differs where its messages are no objects', () => {
    expect(rowOf('{"messages":["a","b"]}')?.exact).not.toBe(rowOf('{"messages":["a","c"]}')?.exact);
  });

  it('is compared whole where it is nested deep, and not at all where no rule accepts it', () => {
    const of = (depth: number, inner: string): number | null =>
      rowOf(
        `{"messages":[{"role":"user","content":${'['.repeat(depth)}${inner}${']'.repeat(depth)}},{"role":"assistant","content":"a"}]}`,
      )?.exact ?? null;
    expect(of(300, '1')).not.toBe(of(300, '2'));
    expect(of(20_000, '1')).toBeNull();
  });
});

describe('a row differs from another by', () => {
  const call = (city: string): object => ({ name: 'weather', arguments: `{"city":"${city}"}` });
  const functionCall = (city: string): string =>
    JSON.stringify({
      messages: [
        { role: 'user', content: 'Weather?' },
        { role: 'assistant', content: null, function_call: call(city) },
      ],
    });
  const toolCall = (city: string, id = 'c1'): string =>
    JSON.stringify({
      messages: [
        { role: 'user', content: 'Weather?' },
        { role: 'assistant', content: null, tool_calls: [{ id, type: 'function', function: call(city) }] },
      ],
    });
  const messages = (...more: readonly object[]): string => JSON.stringify({ messages: more });
  const answer = { role: 'assistant', content: 'a' };
  const tools = (name: string): object => ({ tools: [{ type: 'function', function: { name } }] });
  const results = (first: string, second: string): string =>
    messages(
      { role: 'user', content: 'q' },
      {
        role: 'assistant',
        content: null,
        tool_calls: ['x', 'y'].map((id) => ({ id, type: 'function', function: call('Oslo') })),
      },
      { role: 'tool', tool_call_id: first, content: '1' },
      { role: 'tool', tool_call_id: second, content: '2' },
      answer,
    );

  it.each<readonly [string, string, string]>([
    ['its legacy call', functionCall('Oslo'), functionCall('Rome')],
    ['its tool call', toolCall('Oslo'), toolCall('Rome')],
    ['the call a result belongs to', results('x', 'y'), results('y', 'x')],
    ['its tools', chat('q', 'a', tools('f')), chat('q', 'a', tools('g'))],
    ['its functions', chat('q', 'a', { functions: [{ name: 'f' }] }), chat('q', 'a', { functions: [{ name: 'g' }] })],
    ['a system text beside the messages', chat('q', 'a', { system: 's' }), chat('q', 'a', { system: 't' })],
    [
      'a name',
      messages({ role: 'user', name: 'ann', content: 'q' }, answer),
      messages({ role: 'user', name: 'bob', content: 'q' }, answer),
    ],
    [
      'a weight of 0',
      messages({ role: 'user', content: 'q' }, { ...answer, weight: 0 }, { role: 'user', content: 'q' }, answer),
      messages({ role: 'user', content: 'q' }, answer, { role: 'user', content: 'q' }, answer),
    ],
    [
      'a refusal',
      messages({ role: 'user', content: 'q' }, { role: 'assistant', content: null, refusal: 'no' }),
      messages({ role: 'user', content: 'q' }, { role: 'assistant', content: null, refusal: 'never' }),
    ],
    ['its label', '{"prompt":"p","completion":"c","label":true}', '{"prompt":"p","completion":"c","label":false}'],
    [
      'lists of messages as prompt',
      '{"prompt":[{"role":"user","content":"a"}],"completion":"c"}',
      '{"prompt":[{"role":"user","content":"b"}],"completion":"c"}',
    ],
    [
      'earlier turns',
      '{"instruction":"i","output":"o","history":[["a","b"]]}',
      '{"instruction":"i","output":"o","history":[["a","c"]]}',
    ],
  ])('%s', (_, a, b) => {
    expect(rowOf(a)).not.toBeNull();
    expect(rowOf(a)?.exact).not.toBe(rowOf(b)?.exact);
    expect(rowOf(a)?.exact).toBe(rowOf(a)?.exact);
  });

  it.each<readonly [string, string, string]>([
    ['the ids of its calls', toolCall('Oslo', 'c1'), toolCall('Oslo', 'call_77')],
    ['bookkeeping', chat('q', 'a', { id: 1, metadata: { n: 2 }, source: 'x' }), chat('q', 'a', { id: 3 })],
    ['parts of text instead of one text', chat([{ type: 'text', text: 'q' }], 'a'), chat('q', 'a')],
    ['absent, null and empty', chat('q', 'a', { tools: [] }), chat('q', 'a', { functions: null })],
    [
      'a weight of 1',
      messages({ role: 'user', content: 'q' }, { ...answer, weight: 1 }),
      messages({ role: 'user', content: 'q' }, answer),
    ],
    ['the order of keys', '{"tools":[{"b":1,"a":2}],"messages":["x"]}', '{"messages":["x"],"tools":[{"a":2,"b":1}]}'],
  ])('but not by %s', (_, a, b) => {
    expect(rowOf(a)?.exact).toBe(rowOf(b)?.exact);
  });

  it('an image among long equal texts, which are then not nearly the same', async () => {
    const text = 'Describe what you see on this picture of an ordinary street in the middle of a small town by the sea';
    const line = (url: string): string =>
      chat(
        [
          { type: 'text', text },
          { type: 'image_url', image_url: { url } },
        ],
        'A street.',
      );
    expect(await duplicates([line('https://a.example/1.png'), line('https://a.example/2.png')])).toEqual([]);
    expect(await duplicates([line('https://a.example/1.png'), line('https://a.example/1.png')])).toEqual([[2, 1]]);
  });
});

describe('no emptiness is told', () => {
  it.each<readonly [string, object, readonly string[]]>([
    ['of parts that are no objects', { content: ['x'] }, ['content-type']],
    ['of a part of another type', { content: [{ type: 'output_text', text: '' }] }, ['content-part']],
    ['beside calls of the wrong shape', { content: null, tool_calls: { id: 'c' } }, ['tool-call-shape']],
    ['of a refusal', { content: null, refusal: 'I cannot help with that.' }, []],
  ])('%s', (_, message, expected) => {
    const line = JSON.stringify({
      messages: [
        { role: 'user', content: 'q' },
        { role: 'assistant', ...message },
      ],
    });
    expect(codes(line)).toEqual(expected);
  });

  it.each([[''], [' \n'], [[]], [[{ type: 'text', text: ' ' }]], [null]])('but of %j', (content) => {
    expect(codes(chat('q', content))).toEqual(['empty-answer']);
  });
});

describe('a contradiction', () => {
  const pair = (preferred: string, rejected: string, prompt = 'p'): string =>
    JSON.stringify({
      input: { messages: [{ role: 'user', content: prompt }] },
      preferred_output: [{ role: 'assistant', content: preferred }],
      non_preferred_output: [{ role: 'assistant', content: rejected }],
    });
  const labeled = (completion: string, label: boolean, prompt = 'p'): string =>
    JSON.stringify({ prompt, completion, label });
  const labeledChat = (reply: string, label: boolean): string => chat('p', reply, { label });

  const found = (lines: readonly string[]): readonly (readonly [number, number])[] => {
    const finder = createContradictionFinder();
    lines.forEach((line, index) => {
      const row = rowOf(line);
      if (row !== null) finder.add(index + 1, row);
    });
    return finder.finish().map(({ line, other }) => [line, other] as const);
  };

  it.each<readonly [string, readonly string[], readonly (readonly [number, number])[]]>([
    ['another rejected answer is none', [pair('a', 'b'), pair('a', 'c')], []],
    ['another preferred answer is none', [pair('a', 'b'), pair('c', 'b')], []],
    [
      'a preferred answer that another row rejects',
      [pair('a', 'b'), pair('x', 'y'), pair('b', 'a')],
      [
        [1, 3],
        [3, 1],
      ],
    ],
    [
      'the same over three rows',
      [pair('a', 'b'), pair('b', 'c'), pair('d', 'e')],
      [
        [1, 2],
        [2, 1],
      ],
    ],
    ['another prompt is none', [pair('a', 'b'), pair('b', 'a', 'other')], []],
    ['a pair of equal answers contradicts no other', [pair('a', 'a'), pair('a', 'b')], []],
    [
      'labels that differ on one answer',
      [labeled('a', true), labeled('a', false)],
      [
        [1, 2],
        [2, 1],
      ],
    ],
    ['two good answers, two bad ones', [labeled('a', true), labeled('b', true), labeled('c', false)], []],
    [
      'labels in chat rows',
      [labeledChat('a', false), labeledChat('b', true), labeledChat('a', true)],
      [
        [1, 3],
        [3, 1],
      ],
    ],
    ['other tools make another prompt', [chat('p', 'a', { tools: [{ x: 1 }] }), chat('p', 'b')], []],
    [
      'two answers to learn',
      [chat('p', 'a'), chat('p', 'b')],
      [
        [1, 2],
        [2, 1],
      ],
    ],
  ])('%s', (_, lines, expected) => {
    expect(found(lines)).toEqual(expected);
  });
});
