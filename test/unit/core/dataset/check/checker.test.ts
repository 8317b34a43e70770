import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createChecker, type CheckOptions } from '../../../../../src/core/dataset/check/checker.ts';
import type { Finding } from '../../../../../src/core/dataset/finding.ts';
import { parseExample } from '../../../../../src/core/dataset/check/parseExample.ts';
import { createLineSplitter } from '../../../../../src/core/jsonl/lines.ts';

const dataDir = process.env['TUNING_FORK_DATA_DIR'];

const good = (n = 0): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: `question ${String(n)}` },
      { role: 'assistant', content: 'answer' },
    ],
  });
const lines = (count: number): string[] => Array.from({ length: count }, (_, n) => good(n));

function check(content: string | Uint8Array, options?: CheckOptions) {
  const checker = createChecker(options);
  const splitter = createLineSplitter();
  const findings: Finding[] = [];
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  for (const line of [...splitter.push(bytes), ...splitter.end()]) findings.push(...checker.line(line).findings);
  const end = checker.end();
  findings.push(...end.findings);
  return { ...end, findings, codes: findings.map((finding) => `${String(finding.line)} ${finding.code}`) };
}

function messages(...list: unknown[]): string {
  return JSON.stringify({ messages: list });
}
function withTool(...list: unknown[]): string {
  return JSON.stringify({ messages: list, tools: [{ type: 'function', function: { name: 'f' } }] });
}
const user = { role: 'user', content: 'q' };
const assistant = { role: 'assistant', content: 'a' };

describe('a line with more problems than are told', () => {
  // Each of these messages has a warning; the last one has an error besides.
  const line = (warnings: number, ...last: unknown[]): string =>
    messages(...Array.from({ length: warnings }, () => ({ ...user, extra: 1 })), ...last);

  it.each([99, 100, 101, 250])('is no example when an error comes after %i warnings', (warnings) => {
    const { findings, valid } = check([...lines(10), line(warnings, { ...assistant, weight: 5 })].join('\n'));
    const ofLine = findings.filter((finding) => finding.line === 11);
    expect(ofLine[0]?.code).toBe('weight-value');
    expect(ofLine[0]?.severity).toBe('error');
    expect(valid).toBe(10);
  });

  it('says how many are not shown', () => {
    const { findings } = check([...lines(10), line(250, assistant)].join('\n'), { accept: 'chat' });
    const ofLine = findings.filter((finding) => finding.line === 11);
    const cut = ofLine.filter(({ code }) => code === 'more-of-line');
    expect(cut.map(({ severity, message }) => [severity, message])).toEqual([
      ['information', expect.stringMatching(/^\d+ more problems of this line are not shown\.$/)],
    ]);
    const told = ofLine.filter(({ code }) => code !== 'more-of-line').length;
    expect(told).toBe(100);
    const all = 250 + 249;
    expect(cut[0]?.message).toContain(String(all - told));
    expect(ofLine.at(-1)?.code).toBe('more-of-line');
  });
});

describe('a line with one defect', () => {
  const cases: readonly (readonly [name: string, line: string, code: string, marked: string | null])[] = [
    ['an unclosed object', '{"messages": [', 'json-syntax', ''],
    ['a trailing comma', '{"messages": [],}', 'json-trailing-comma', ','],
    ['a list', '["a"]', 'not-object', null],
    ['a number', '42', 'not-object', null],
    ['null', 'null', 'not-object', null],
    ['no messages', '{"text": "a"}', 'no-messages', null],
    // Two lists may be meant: neither is asked about.
    ['two lists that may be the messages', '{"message": [], "mesages": []}', 'no-messages', null],
    ['a text that is called almost so', '{"message": "a"}', 'no-messages', null],
    ['messages that are text', '{"messages": "a"}', 'no-messages', '"a"'],
    ['messages that are null', '{"messages": null}', 'no-messages', 'null'],
    ['empty messages', '{"messages": []}', 'no-messages', '[]'],
    ['a message that is text', messages('hi', assistant), 'message-not-object', '"hi"'],
    ['a role of another tool', messages({ role: 'human', content: 'q' }, assistant), 'unknown-role', '"human"'],
    ['a role in capitals', messages({ role: 'User', content: 'q' }, assistant), 'unknown-role', '"User"'],
    [
      'a role that is an inherited name',
      messages({ role: 'constructor', content: 'q' }, assistant),
      'unknown-role',
      '"constructor"',
    ],
    ['no role', messages({ content: 'q' }, assistant), 'unknown-role', '{"content":"q"}'],
    ['no assistant', messages(user), 'no-assistant', JSON.stringify([user])],
    ['the user has the last word', messages(user, assistant, user), 'last-not-assistant', JSON.stringify(user)],
    ['an empty answer', messages(user, { role: 'assistant', content: '' }), 'empty-answer', '""'],
    ['an answer of white space', messages(user, { role: 'assistant', content: ' \n' }), 'empty-answer', '" \\n"'],
    ['an answer that is null', messages(user, { role: 'assistant', content: null }), 'empty-answer', 'null'],
    ['an answer without content', messages(user, { role: 'assistant' }), 'empty-answer', '{"role":"assistant"}'],
    [
      'empty tool calls as the answer',
      messages(user, { role: 'assistant', content: null, tool_calls: [] }),
      'empty-answer',
      'null',
    ],
    ['content that is a number', messages({ role: 'user', content: 5 }, assistant), 'content-type', '5'],
    ['an answer that is a number', messages(user, { role: 'assistant', content: 5 }), 'content-type', '5'],
    [
      'an answer that is an object',
      messages(user, { role: 'assistant', content: { a: 1 } }),
      'content-type',
      '{"a":1}',
    ],
    [
      'a part without type',
      messages({ role: 'user', content: [{ text: 'a' }] }, assistant),
      'content-type',
      '{"text":"a"}',
    ],
    ['a user without content', messages({ role: 'user' }, assistant), 'content-missing', '{"role":"user"}'],
    ['a weight of 2', messages(user, { ...assistant, weight: 2 }), 'weight-value', '2'],
    ['a weight on the user', messages({ ...user, weight: 1 }, assistant), 'weight-not-assistant', '1'],
    [
      'a control token',
      messages({ role: 'user', content: 'x <|endoftext|>' }, assistant),
      'special-token',
      '<|endoftext|>',
    ],
    ['501 levels', `{"messages": [], "x": ${'['.repeat(501)}${']'.repeat(501)}}`, 'too-deep', null],
    ['100,000 levels', `{"a": ${'['.repeat(100_000)}`, 'json-syntax', ''],
  ];

  it.each(cases)('%s', (_name, line, code, marked) => {
    const { findings, codes } = check([...lines(16), line, ...lines(3)].join('\n'));
    expect(codes).toEqual([`17 ${code}`]);
    const [finding] = findings;
    if (finding === undefined) throw new Error('No finding');
    if (marked === null) expect([finding.column, finding.endColumn]).toEqual([0, 0]);
    else if (marked !== '') expect(line.slice(finding.column - 1, finding.endColumn - 1)).toBe(marked);
    else expect(finding.column).toBe(line.length + 1);
    expect(finding.message).toMatch(/^\S.*\.$/);
    expect(finding.message).not.toMatch(/[.!?] [A-Z]/);
    expect(finding.action).toMatch(/^[A-Z].*\.$/);

    const parsed = parseExample(line);
    expect(parsed.ok ? null : parsed.error.code).toBe(code);
  });

  it('is named together with its other defects', () => {
    const { codes } = check(
      [...lines(10), messages({ role: 'human', content: 3 }, { role: 'assistant', content: '', weight: 7 })].join('\n'),
    );
    expect(codes).toEqual(['11 unknown-role', '11 content-type', '11 empty-answer', '11 weight-value']);
  });

  it('that quotes hostile text stays one short visible line', () => {
    const { findings } = check(
      [...lines(10), messages({ role: `\u202e\n\u0000${'😀'.repeat(400)}`, content: 'q' }, assistant)].join('\n'),
    );
    expect(findings[0]?.message.length).toBeLessThan(200);
    expect(findings[0]?.message).not.toMatch(/[\p{Cc}\p{Cf}\p{Surrogate}]/u);
  });
});

describe('lines without a defect', () => {
  it.each([
    [
      'system and developer',
      messages({ role: 'system', content: 's' }, { role: 'developer', content: 'd' }, user, assistant),
    ],
    [
      'text parts',
      messages(
        {
          role: 'user',
          content: [
            { type: 'text', text: 'q' },
            { type: 'image_url', image_url: { url: 'https://a.example/b.png' } },
          ],
        },
        assistant,
      ),
    ],
    [
      'an answer that is a tool call',
      withTool(user, {
        role: 'assistant',
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
      }),
    ],
    [
      'a tool in between',
      withTool(
        user,
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c', content: '1' },
        assistant,
      ),
    ],
    ['weights', messages(user, { ...assistant, weight: 0 }, user, { ...assistant, weight: 1 })],
    ['only an assistant', messages(assistant)],
    ['white space around', `  \t${good()} \r`],
  ])('%s', (_name, line) => {
    expect(check([...lines(10), line].join('\n')).codes).toEqual([]);
    expect(parseExample(line).ok).toBe(true);
  });
});

describe('a whole file', () => {
  it.each([
    ['empty', '', ['0 empty-file'], 0],
    ['only blank lines', '\n \n\t\r\n', ['0 empty-file'], 0],
    ['one example', `${good()}\n`, ['0 too-few-examples'], 1],
    ['nine', lines(9).join('\n'), ['0 too-few-examples'], 9],
    ['ten without a final newline', lines(10).join('\n'), [], 10],
    ['ten with CRLF', `${lines(10).join('\r\n')}\r\n`, ['1 crlf'], 10],
    [
      'blank lines between',
      lines(10).join('\n\n'),
      [2, 4, 6, 8, 10, 12, 14, 16, 18].map((n) => `${String(n)} blank-line`),
      10,
    ],
    ['one JSON list on one line', `[${lines(10).join(',')}]`, ['1 json-array'], 1],
    ['one JSON list over lines', `[\n${lines(10).join(',\n')}\n]`, ['1 json-array'], 1],
    ['pretty-printed JSON', JSON.stringify(JSON.parse(good()), null, 2), ['1 json-spread'], 1],
    ['CSV', 'text,category\n"a, b",c\n', ['1 csv'], 1],
    [
      'prompt and completion',
      Array.from({ length: 12 }, () => '{"prompt": "a", "completion": "b"}').join('\n'),
      ['1 kind-prompt-completion'],
      12,
    ],
    [
      'preference pairs',
      Array.from(
        { length: 12 },
        () =>
          '{"input": {"messages": [{"role": "user", "content": "q"}]}, "preferred_output": [{"role": "assistant", "content": "a"}], "non_preferred_output": [{"role": "assistant", "content": "b"}]}',
      ).join('\n'),
      ['1 kind-preference'],
      12,
    ],
    [
      'reinforcement',
      Array.from({ length: 12 }, () => '{"messages": [{"role": "user", "content": "a"}], "reference": 1}').join('\n'),
      ['1 kind-reinforcement'],
      12,
    ],
    [
      'conversations',
      Array.from({ length: 12 }, () => '{"conversations": [{"from": "human", "value": "a"}]}').join('\n'),
      ['1 kind-conversations'],
      12,
    ],
  ])('%s', (_name, text, codes, examples) => {
    const result = check(text);
    expect(result.codes).toEqual(codes);
    expect(result.examples).toBe(examples);
  });

  it('with one other kind in the middle has it named at its line', () => {
    expect(check([...lines(12), '{"prompt": "a", "completion": "b"}'].join('\n')).codes).toEqual([
      '13 kind-prompt-completion',
    ]);
  });

  it('says how many are missing', () => {
    const [finding] = check(lines(8).join('\n')).findings;
    expect(finding?.message).toBe('The file has 8 examples; at least 10 are needed.');
    expect(finding?.action).toBe('Add 2 more examples, one per line.');
    expect(check(lines(8).join('\n'), { minExamples: 0 }).codes).toEqual([]);
  });

  it('with a byte order mark is read, and warned about', () => {
    const { findings, valid } = check(`\uFEFF${lines(10).join('\n')}`);
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([['byte-order-mark', 'warning']]);
    expect(valid).toBe(10);
  });

  it.each(['utf16le', 'utf-16be'])('in %s is named once, not on every line', (encoding) => {
    const text = lines(20).join('\n');
    const little = Buffer.from(text, 'utf16le');
    const bytes = encoding === 'utf16le' ? little : Buffer.from(little).swap16();
    const mark = encoding === 'utf16le' ? [0xff, 0xfe] : [0xfe, 0xff];
    expect(check(bytes).codes).toEqual(['0 utf-16']);
    expect(check(Uint8Array.from([...mark, ...bytes])).codes).toEqual(['0 utf-16']);
  });

  it('in Latin-1 is reported at the line and byte, and never read with replacement characters', () => {
    const bad = Buffer.from(good().replace('question', 'préis'), 'latin1');
    const bytes = Buffer.concat([Buffer.from(`${lines(10).join('\n')}\n`), bad]);
    const { findings, valid } = check(bytes);
    expect(findings.map(({ code, line }) => [code, line])).toEqual([['not-utf8', 11]]);
    const at = bad.indexOf(0xe9);
    expect(findings[0]?.message).toContain(`byte ${String(at + 1)} (0xE9)`);
    expect(findings[0]?.column).toBe(at + 1);
    expect(valid).toBe(10);
  });

  it('with a line that is too long goes on after it', () => {
    const long = `{"messages": "${'x'.repeat(17 * 1024 * 1024)}"}`;
    const { codes, valid } = check([...lines(6), long, ...lines(6)].join('\n'));
    expect(codes).toEqual(['7 line-too-long']);
    expect(valid).toBe(12);
  });

  it('of any bytes never makes it throw, and every error has a place and words', () => {
    const piece = fc.oneof(
      fc
        .constantFrom(
          '{"messages":',
          '[{"role":"user","content":',
          '"assistant"',
          '}]}',
          '\n',
          '\r\n',
          'null',
          '[',
          ']',
          '\uFEFF',
          '{"__proto__": 1}',
          '\u0000',
        )
        .map((text) => new TextEncoder().encode(text)),
      fc.uint8Array({ maxLength: 6 }),
      fc.jsonValue().map((value) => new TextEncoder().encode(JSON.stringify({ messages: value }))),
      fc
        .array(
          fc.record(
            {
              role: fc.oneof(fc.constantFrom('user', 'assistant', 'tool', 'system'), fc.jsonValue()),
              content: fc.jsonValue(),
              weight: fc.jsonValue(),
              tool_calls: fc.jsonValue(),
            },
            { requiredKeys: [] },
          ),
        )
        .map((value) => new TextEncoder().encode(`${JSON.stringify({ messages: value, tools: value })}\n`)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const { findings, examples, valid } = check(Buffer.concat(pieces));
        expect(valid).toBeLessThanOrEqual(examples);
        for (const finding of findings) {
          expect(finding.message.endsWith('.')).toBe(true);
          expect(finding.action.length).toBeGreaterThan(5);
          expect(finding.endColumn).toBeGreaterThanOrEqual(finding.column);
        }
      }),
      { numRuns: 1500 },
    );
  });
});

describe('real files', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    // `world` + a broken dash in the shop's own description.
    ['lesson/pricer_v1_fine_tune_train_200.jsonl', ['159 twice-decoded']],
    ['lesson/pricer_v1_fine_tune_validation_50.jsonl', []],
    // The shop's description is cut in the middle of a character.
    ['lesson/students/emmy_fine_tune_train.jsonl', ['145 replacement-character']],
    ['lesson/students/mrpeski_gdpr_train.jsonl', []],
    ['lesson/students/johngorithm_johngorithm.jsonl', ['1 kind-prompt-completion']],
    ['lesson/students/tope-ai-labs_jsonl_fine_tune_train.jsonl', ['0 too-few-examples']],
    ['lesson/students/tope-ai-labs_jsonl_fine_tune_validation.jsonl', ['0 too-few-examples']],
    ['foundry/sft_toolcall_stock_training.jsonl', []],
    ['foundry/sft_toolcall_stock_validation.jsonl', []],
    ['foundry/dpo_orca_pairs_validation_head60.jsonl', ['1 kind-preference']],
    ['openai/toy_chat_fine_tuning.jsonl', ['0 too-few-examples', '3 system-prompt-missing']],
    [
      'malformed/malformed_lines.jsonl',
      [
        '1 json-unquoted-key',
        '2 json-unescaped-quote',
        '3 special-token',
        '4 not-object',
        '5 no-assistant',
        '6 unknown-role',
        '7 weight-value',
        '8 empty-answer',
        '10 json-trailing-comma',
        '9 blank-line',
        '0 too-few-examples',
      ],
    ],
  ];
  it.skipIf(dataDir === undefined).each(cases)('%s', (file, codes) => {
    const path = join(dataDir ?? '', file);
    expect(existsSync(path)).toBe(true);
    expect(check(readFileSync(path)).codes).toEqual(codes);
  });
});
