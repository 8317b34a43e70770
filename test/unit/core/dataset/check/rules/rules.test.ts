import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createChecker, type CheckOptions } from '../../../../../../src/core/dataset/check/checker.ts';
import {
  compareFormats,
  comparePrefix,
  createFormatCollector,
} from '../../../../../../src/core/dataset/compare/formats.ts';
import {
  contradictionFindings,
  createContradictionFinder,
} from '../../../../../../src/core/dataset/compare/contradictions.ts';
import { createDuplicateFinder, duplicateFindings } from '../../../../../../src/core/dataset/compare/duplicates.ts';
import type { Finding } from '../../../../../../src/core/dataset/finding.ts';
import {
  applyEdits,
  createFixer,
  fixLine,
  fixOf,
  utf16ToUtf8,
} from '../../../../../../src/core/dataset/check/fixes.ts';
import { createLeakageFinder, leakageFindings } from '../../../../../../src/core/dataset/compare/leakage.ts';
import { rowOf } from '../../../../../../src/core/dataset/compare/row.ts';
import { checkExample } from '../../../../../../src/core/dataset/check/parseExample.ts';
import { RULES } from '../../../../../../src/core/dataset/check/ruleTable.ts';
import { createLineSplitter } from '../../../../../../src/core/jsonl/lines.ts';
import { LINE_CASES } from './examples.ts';

const good = (n: number): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: `question ${String(n)}` },
      { role: 'assistant', content: 'answer' },
    ],
  });
const goods = (count: number, from = 0): string[] => Array.from({ length: count }, (_, n) => good(from + n));

function check(content: string | Uint8Array, options: CheckOptions = {}): readonly Finding[] {
  const checker = createChecker({ accept: 'any', ...options });
  const splitter = createLineSplitter();
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  const findings: Finding[] = [];
  for (const line of [...splitter.push(bytes), ...splitter.end()]) findings.push(...checker.line(line).findings);
  return [...findings, ...checker.end().findings];
}

const covered = new Set<string>();

describe('a rule of one line', () => {
  it.each(LINE_CASES.map((one) => [one.code, one] as const))('%s', (code, { bad, marked, good: fine, fixed, also }) => {
    covered.add(code);
    const findings = check([...goods(16), bad, ...goods(3, 20)].join('\n'));
    expect(findings.map((finding) => [finding.line, finding.code])).toEqual(
      expect.arrayContaining([[17, code], ...(also ?? []).map((other) => [17, other])]),
    );
    expect(new Set(findings.map((finding) => finding.code))).toEqual(new Set([code, ...(also ?? [])]));
    const finding = findings.find((one) => one.code === code);
    if (finding === undefined) throw new Error('No finding');
    if (marked === null) expect([finding.column, finding.endColumn]).toEqual([0, 0]);
    else expect(bad.slice(finding.column - 1, finding.endColumn - 1)).toBe(marked);
    expect(finding.severity).toBe(RULES[code as keyof typeof RULES].severity);
    expect(finding.message).toMatch(/^\S.*\.$/s);
    expect(finding.action).toMatch(/^[A-Z].*[.}]$/);

    expect(check([...goods(16), fine, ...goods(3, 20)].join('\n')).map((one) => one.code)).not.toContain(code);

    const fix = fixOf(bad, finding);
    expect(fix !== null).toBe(fixed !== undefined);
    if (fix === null || fixed === undefined) return;
    expect(fix.title).toMatch(/^[A-Z]/);
    expect(fixLine(bad)).toBe(fixed);
    // One fix of one finding is the whole of it, unless the same thing stands there several times.
    if (code !== 'json-single-quotes') expect(applyEdits(bad, fix.edits)).toBe(fixed);
    for (const line of fixed?.split('\n') ?? [])
      expect(check([...goods(16), line, ...goods(3, 20)].join('\n')).map((one) => one.code)).not.toContain(code);
  });
});

describe('a rule of a whole file', () => {
  const chat = (system: string | null, reply: string): string =>
    JSON.stringify({
      messages: [
        ...(system === null ? [] : [{ role: 'system', content: system }]),
        { role: 'user', content: 'q' },
        { role: 'assistant', content: reply },
      ],
    });
  const utf16 = Buffer.from(goods(12).join('\n'), 'utf16le');
  const cases: readonly (readonly [
    code: string,
    bad: string | Uint8Array,
    good: string | Uint8Array,
    line: number,
    options?: CheckOptions,
  ])[] = [
    ['empty-file', '', goods(10).join('\n'), 0],
    ['too-few-examples', goods(9).join('\n'), goods(10).join('\n'), 0],
    ['file-too-large', goods(40).join('\n'), goods(10).join('\n'), 0, { maxFileBytes: 2000 }],
    ['byte-order-mark', `\uFEFF${goods(10).join('\n')}`, goods(10).join('\n'), 1],
    ['utf-16', utf16, goods(10).join('\n'), 0],
    ['utf-32', Uint8Array.from([0xff, 0xfe, 0, 0, 0x7b, 0, 0, 0]), goods(10).join('\n'), 0],
    [
      'not-utf8',
      Buffer.from([...goods(10), good(11).replace('question', 'é')].join('\n'), 'latin1'),
      goods(10).join('\n'),
      11,
    ],
    [
      'git-lfs-pointer',
      'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n',
      goods(10).join('\n'),
      0,
    ],
    ['compressed-file', Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 10, 3]), goods(10).join('\n'), 0],
    ['spreadsheet', Buffer.from('PK\u0003\u0004......[Content_Types].xml....', 'latin1'), goods(10).join('\n'), 0],
    ['parquet', Buffer.from('PAR1\u0015\u0004\u0015\n', 'latin1'), goods(10).join('\n'), 0],
    ['web-page', '<!DOCTYPE html>\n<html>\n', goods(10).join('\n'), 0],
    ['other-file', '%PDF-1.7\n%abc\n', goods(10).join('\n'), 0],
    ['markdown-fence', `\`\`\`json\n${goods(10).join('\n')}\n\`\`\`\n`, goods(10).join('\n'), 1],
    ['json-line-break', [...goods(10), good(11).replace('question', 'one\ntwo')].join('\n'), goods(10).join('\n'), 11],
    ['json-array', `[\n${goods(10).join(',\n')}\n]`, goods(10).join('\n'), 1],
    ['json-spread', JSON.stringify(JSON.parse(good(1)), null, 2), goods(10).join('\n'), 1],
    ['csv', 'text,category\n"a, b",c\n', goods(10).join('\n'), 1],
    ['crlf', goods(10).join('\r\n'), goods(10).join('\n'), 1],
    ['blank-line', [...goods(10), '', ...goods(2)].join('\n'), `${goods(10).join('\n')}\n`, 11],
    ['line-too-long', [...goods(10), `{"a": "${'x'.repeat(17 << 20)}"}`].join('\n'), goods(10).join('\n'), 11],
    ['kind-prompt-completion', '{"prompt": "a", "completion": "b"}\n'.repeat(10), goods(10).join('\n'), 1],
    [
      'kind-conversations',
      '{"conversations": [{"from": "human", "value": "a"}]}\n'.repeat(10),
      goods(10).join('\n'),
      1,
    ],
    ['kind-instruction', '{"instruction": "a", "input": "", "output": "b"}\n'.repeat(10), goods(10).join('\n'), 1],
    [
      'kind-prompt-messages',
      '{"prompt": [{"role": "user", "content": "q"}], "completion": [{"role": "assistant", "content": "a"}]}\n'.repeat(
        10,
      ),
      goods(10).join('\n'),
      1,
    ],
    ['kind-pairs', '{"question": "q", "answer": "a"}\n'.repeat(10), goods(10).join('\n'), 1],
    ['kind-chosen-rejected', '{"prompt": "q", "chosen": "a", "rejected": "b"}\n'.repeat(10), goods(10).join('\n'), 1],
    ['kind-gemini', '{"contents": [{"role": "user", "parts": [{"text": "q"}]}]}\n'.repeat(10), goods(10).join('\n'), 1],
    [
      'kind-bedrock',
      '{"schemaVersion": "bedrock-conversation-2024", "messages": []}\n'.repeat(10),
      goods(10).join('\n'),
      1,
    ],
    ['kind-templated', '{"text": "<|im_start|>user\\nq<|im_end|>"}\n'.repeat(10), goods(10).join('\n'), 1],
    ['kind-messages-text', '{"messages": "[{\\"role\\": \\"user\\"}]"}\n'.repeat(10), goods(10).join('\n'), 1],
    ['kind-encoded-twice', `${JSON.stringify(good(1))}\n`.repeat(10), goods(10).join('\n'), 1],
    ['kind-wrapped', '{"data": [{"question": "q", "answer": "a"}]}\n', goods(10).join('\n'), 1],
    ['kind-columns', '{"question": ["q", "r"], "answer": ["a", "b"]}\n', goods(10).join('\n'), 1],
    ['kind-request', '{"custom_id": "a", "body": {}}\n'.repeat(10), goods(10).join('\n'), 1],
    ['kind-preference', `${pairLine()}\n`.repeat(10), goods(10).join('\n'), 1, { accept: 'chat' }],
    ['kind-reinforcement', `${rftLine()}\n`.repeat(10), goods(10).join('\n'), 1, { accept: 'chat' }],
    ['mixed-kinds', [...goods(10), pairLine()].join('\n'), `${pairLine()}\n`.repeat(10), 11],
    ['reinforcement-shape', [rftLine(), good(1)].join('\n'), rftLine(), 2, { graderFields: [] }],
    [
      'grader-field-missing',
      [rftLine(), '{"messages": [{"role": "user", "content": "q"}]}'].join('\n'),
      rftLine(),
      2,
      { graderFields: ['reference'] },
    ],
    [
      'example-too-long',
      [...goods(10), chat(null, 'word '.repeat(200))].join('\n'),
      goods(10).join('\n'),
      11,
      {
        contextTokens: 150,
        counter: { count: (text) => ({ tokens: text.length / 5, estimated: false }), reset: () => undefined },
      },
    ],
    [
      'system-prompt-missing',
      [...Array.from({ length: 9 }, () => chat('s', 'a')), chat(null, 'a')].join('\n'),
      Array.from({ length: 10 }, () => chat('s', 'a')).join('\n'),
      10,
    ],
    [
      'system-prompt-differs',
      [...Array.from({ length: 29 }, () => chat('s', 'a')), chat('t', 'a')].join('\n'),
      Array.from({ length: 30 }, (_, n) => chat(`s${String(n % 3)}`, 'a')).join('\n'),
      30,
    ],
    [
      'answer-format-differs',
      [
        ...Array.from({ length: 29 }, (_, n) => chat(null, `Price is $${String(n)}.99`)),
        chat(null, 'about 12 dollars'),
      ].join('\n'),
      Array.from({ length: 30 }, (_, n) => chat(null, n % 2 === 0 ? 'yes' : 'it depends')).join('\n'),
      30,
    ],
  ];
  it.each(cases.map((one) => [one[0], one] as const))('%s', (code, [, bad, fine, line, options]) => {
    covered.add(code);
    const findings = check(bad, options).filter((finding) => finding.code === code);
    expect(findings[0]?.line).toBe(line);
    expect(findings[0]?.severity).toBe(RULES[code as keyof typeof RULES].severity);
    expect(check(fine, options).map((finding) => finding.code)).not.toContain(code);
  });

  function pairLine(): string {
    const of = (content: string): unknown[] => [{ role: 'assistant', content }];
    return JSON.stringify({
      input: { messages: [{ role: 'user', content: 'q' }] },
      preferred_output: of('a'),
      non_preferred_output: of('b'),
    });
  }
  function rftLine(): string {
    return '{"messages": [{"role": "user", "content": "q"}], "reference": "a"}';
  }

  it('marks the place of what differs, also after characters of several bytes', () => {
    const line = chat('größer 😀', 'about 12 dollars');
    const rows = [...Array.from({ length: 29 }, (_, n) => chat('s', `Price is $${String(n)}.99`)), line];
    const findings = check(rows.join('\n'));
    expect(findings.map(({ code, column, endColumn }) => [code, line.slice(column - 1, endColumn - 1)])).toEqual([
      ['system-prompt-differs', '"größer 😀"'],
      ['answer-format-differs', '"about 12 dollars"'],
    ]);
  });
});

describe('a rule between rows', () => {
  const ask = (question: string, reply: string): string =>
    JSON.stringify({
      messages: [
        { role: 'system', content: 's' },
        { role: 'user', content: question },
        { role: 'assistant', content: reply },
      ],
    });
  const long =
    'The quick brown fox jumps over the lazy dog while seven wizards quietly box a jumping frog near the old mill';

  async function relate(lines: readonly string[], against: readonly string[] = []): Promise<readonly string[]> {
    const [duplicates, contradictions, leakage] = [
      createDuplicateFinder(),
      createContradictionFinder(),
      createLeakageFinder(),
    ];
    against.forEach((line, index) => {
      const row = rowOf(line);
      if (row !== null) leakage.other(index + 1, row);
    });
    lines.forEach((line, index) => {
      const row = rowOf(line);
      if (row === null) return;
      duplicates.add(index + 1, row);
      contradictions.add(index + 1, row);
      leakage.check(index + 1, row);
    });
    const load = (line: number): string | null => lines[line - 1] ?? null;
    return [
      ...duplicateFindings(await duplicates.finish(load)),
      ...contradictionFindings(contradictions.finish()),
      ...leakageFindings(await leakage.finish(load, (line) => against[line - 1] ?? null), 'b.jsonl'),
    ].map(({ line, code }) => `${String(line)} ${code}`);
  }

  const cases: readonly (readonly [
    code: string,
    lines: string[],
    against: string[],
    found: string[],
    fine: string[],
    fineAgainst: string[],
  ])[] = [
    [
      'duplicate-exact',
      [ask('a', 'b'), ask('c', 'd'), ask(' a', 'b ')],
      [],
      ['3 duplicate-exact'],
      [ask('a', 'b'), ask('A', 'b')],
      [],
    ],
    [
      'duplicate-near',
      [ask(long, 'b'), ask(long.replace('lazy', 'lame'), 'b')],
      [],
      ['2 duplicate-near'],
      [ask(long, 'b'), ask(long.replace('lazy', 'lame'), 'c')],
      [],
    ],
    [
      'contradiction',
      [ask('a', 'b'), ask('x', 'y'), ask('a', 'c'), ask('a', 'b')],
      [],
      ['4 duplicate-exact', '1 contradiction', '3 contradiction', '4 contradiction'],
      [ask('a', 'b'), ask('a', 'b ')],
      [],
    ],
    [
      'leakage-exact',
      [ask('a', 'b')],
      [ask('z', 'b'), ask('a', 'b')],
      ['1 leakage-exact'],
      [ask('a', 'b')],
      [ask('z', 'b')],
    ],
    ['leakage-prompt', [ask('a', 'b')], [ask('a', 'c')], ['1 leakage-prompt'], [ask('a', 'b')], [ask('c', 'b')]],
    [
      'leakage-near',
      [ask(long, 'b')],
      [ask(long.replace('lazy', 'lame'), 'b')],
      ['1 leakage-near'],
      [ask(`${long} 12`, 'b')],
      [ask(`${long} 13`, 'b')],
    ],
  ];
  it.each(cases)('%s', async (code, lines, against, found, fine, fineAgainst) => {
    covered.add(code);
    expect(await relate(lines, against)).toEqual(found);
    expect((await relate(fine, fineAgainst)).join()).not.toContain(code);
  });

  it('names the strongest leak of a row only', async () => {
    expect(
      await relate([ask(long, 'b')], [ask(long, 'c'), ask(long.replace('lazy', 'lame'), 'b'), ask(long, 'b')]),
    ).toEqual(['1 leakage-exact']);
  });

  it('format-differs and answer-prefix-differs', () => {
    const format = (rows: readonly string[], prefix: string | null) => {
      const collector = createFormatCollector();
      for (const row of rows) collector.add(JSON.parse(row) as never);
      return collector.format(prefix);
    };
    const prices = Array.from({ length: 10 }, (_, n) => ask('a', `Price is $${String(n)}`));
    const words = Array.from({ length: 10 }, (_, n) => ask('a', n % 2 === 0 ? 'cheap' : 'dear'));
    covered.add('format-differs');
    expect(compareFormats(format(prices, 'Price is $'), format(words, null)).map(({ code }) => code)).toEqual([
      'format-differs',
    ]);
    expect(compareFormats(format(prices, null), format(prices, null))).toEqual([]);
    covered.add('answer-prefix-differs');
    expect(comparePrefix('Cost: $', format(prices, 'Price is $'))?.code).toBe('answer-prefix-differs');
    expect(comparePrefix('Price is $', format(prices, 'Price is $'))).toBeNull();
    expect(comparePrefix('Price is', format(prices, 'Price is $'))).toBeNull();
    expect(comparePrefix(null, format(words, null))).toBeNull();
  });
});

describe('a line with more than a hundred problems', () => {
  it('more-of-line', () => {
    const row = (warnings: number): string =>
      JSON.stringify({
        messages: [
          ...Array.from({ length: warnings }, () => ({ role: 'system', content: 's', extra: 1 })),
          { role: 'user', content: 'q' },
          { role: 'assistant', content: 'a' },
        ],
      });
    const codes = (text: string): readonly string[] => checkExample(text, 1).findings.map(({ code }) => code);
    covered.add('more-of-line');
    expect(codes(row(101)).filter((code) => code === 'more-of-line')).toHaveLength(1);
    expect(codes(row(100))).not.toContain('more-of-line');
  });
});

describe('the table of rules', () => {
  it('has an example for every code, and no other', () => {
    expect([...covered].sort()).toEqual(Object.keys(RULES).sort());
  });

  it('has a heading of its own for every code in the documentation, and no other', () => {
    const page = readFileSync(new URL('../../../../../../docs/dataset-rules.md', import.meta.url), 'utf8');
    const headings = [...page.matchAll(/^### (.+)$/gm)].map((match) => match[1]);
    expect(headings).toEqual(Object.keys(RULES));
  });

  it('says that there is a fix only where there is one', () => {
    const fixed = new Set(LINE_CASES.filter((one) => one.fixed !== undefined).map((one) => one.code));
    const files = [
      'byte-order-mark',
      'utf-16',
      'json-array',
      'json-spread',
      'json-line-break',
      'markdown-fence',
      'crlf',
      'blank-line',
    ];
    expect(
      Object.entries(RULES)
        .flatMap(([code, { fix }]) => (fix ? [code] : []))
        .sort(),
    ).toEqual([...fixed, ...files].sort());
  });
});

describe('mending a whole file', () => {
  const mend = (bytes: Uint8Array, accepts?: (code: string) => boolean): Buffer => {
    const fixer = createFixer(accepts);
    const splitter = createLineSplitter();
    const out: Uint8Array[] = [];
    for (const line of [...splitter.push(bytes), ...splitter.end()]) {
      const fixed = fixer(line);
      if (fixed !== null && fixed.bytes !== null) out.push(fixed.bytes, Buffer.from(fixed.crlf ? '\r\n' : '\n'));
    }
    return Buffer.concat(out);
  };

  it('takes away the mark, the CRs and the blank lines, and mends what can be mended', () => {
    const bad = Buffer.from(
      `\uFEFF${good(1)}\r\n\r\n${good(2).replace(']', ',]')}\r\n${good(3).replace('user', 'human')}\r\n`,
    );
    expect(mend(bad).toString()).toBe(`${good(1)}\n${good(2)}\n${good(3)}\n`);
  });

  it('leaves every byte of other lines as it is', () => {
    const odd = Buffer.concat([
      Buffer.from('  {"messages" :[{"content":"\\u00e9","role":"user"},{"role":"assistant","content":"a"}]} \n'),
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.from('{"id": 12345678901234567890}\n'),
      Buffer.from(`${good(1)}\n`),
    ]);
    expect(mend(odd)).toEqual(odd);
    const crlf = Buffer.from(`${good(1)}\r\n${good(2).replace(']', ',]')}\r\n`);
    expect(mend(crlf, (code) => code === 'json-trailing-comma').toString()).toBe(`${good(1)}\r\n${good(2)}\r\n`);
  });

  it('reads UTF-16 of both orders', () => {
    const little = Buffer.from('{"a": "é😀"}', 'utf16le');
    expect(Buffer.from(utf16ToUtf8(little) ?? []).toString()).toBe('{"a": "é😀"}');
    expect(Buffer.from(utf16ToUtf8(Buffer.from(little).swap16()) ?? []).toString()).toBe('{"a": "é😀"}');
    expect(utf16ToUtf8(Buffer.from('{}'))).toBeNull();
  });
});
