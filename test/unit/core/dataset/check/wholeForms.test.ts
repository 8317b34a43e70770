import { describe, expect, it } from 'vitest';
import { createChecker, type CheckOptions } from '../../../../../src/core/dataset/check/checker.ts';
import type { Finding } from '../../../../../src/core/dataset/finding.ts';
import { applyEdits, fixLine, fixOf } from '../../../../../src/core/dataset/check/fixes.ts';
import { createJoiner } from '../../../../../src/core/dataset/check/joiner.ts';
import { createLineSplitter } from '../../../../../src/core/jsonl/lines.ts';

const good = (n: number): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: `q${String(n)}` },
      { role: 'assistant', content: 'a' },
    ],
  });
const goods = (count: number, from = 0): readonly string[] => Array.from({ length: count }, (_, n) => good(n + from));

/** The same reading in one piece, and in two parts that begin at a line. */
function check(text: string, options: CheckOptions = {}) {
  const checker = createChecker({ accept: 'any', minExamples: 0, ...options });
  const splitter = createLineSplitter();
  const findings: Finding[] = [];
  const lines = [...splitter.push(new TextEncoder().encode(text)), ...splitter.end()].map((line) => checker.line(line));
  for (const line of lines) findings.push(...line.findings);
  const end = checker.end();
  findings.push(...end.findings);
  return {
    ...end,
    findings,
    codes: findings.map(
      ({ line, endLine, code }) => `${String(line)}${endLine === undefined ? '' : `–${String(endLine)}`} ${code}`,
    ),
    good: lines.filter(({ example }) => example !== null).map(({ line }) => line),
  };
}

const CASE = '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"line one\n00:01 line two"}]}';

describe('a text with raw line breaks', () => {
  it.each<readonly [string, readonly string[], readonly string[], readonly number[]]>([
    ['over two lines', [...goods(3), CASE, ...goods(2)], ['4–5 json-line-break'], [1, 2, 3, 6, 7]],
    ['in the first example', [CASE, ...goods(2)], ['1–2 json-line-break'], [3, 4]],
    ['in the last example', [...goods(1), CASE], ['2–3 json-line-break'], [1]],
    ['in every example', [CASE, CASE, CASE], ['1–2 json-line-break', '3–4 json-line-break', '5–6 json-line-break'], []],
    [
      'with blank lines, escapes and brackets inside',
      [good(0), CASE.replace('00:01', '\n\n```\n} ] , \\"x\\": {\n```\n\\( 00:01'), good(1)],
      ['2–8 json-line-break'],
      [1, 9],
    ],
    [
      'in several texts of one example, and between them',
      [good(0), '{"messages":[{"role":"user","content":"a\nb"},\n{"role":"assistant","content":"c\n\nd"}]}', good(1)],
      ['2–6 json-line-break'],
      [1, 7],
    ],
    [
      'that never ends, before a row',
      [good(0), '{"messages":[{"role":"user","content":"a\nb c', good(1)],
      ['2–3 json-line-break'],
      [1, 4],
    ],
    [
      'with quotes inside that are not escaped',
      [
        good(0),
        '{"messages":[{"role":"user","content":"a\nhe said "no"\nb"},{"role":"assistant","content":"c"}]}',
        good(1),
      ],
      ['2–4 json-line-break'],
      [1, 5],
    ],
    [
      'that never ends, at the end',
      [good(0), '{"messages":[{"role":"user","content":"a', 'b', '', ''],
      ['2–3 json-line-break', '4 blank-line'],
      [1],
    ],
  ])('%s is one problem', (_name, lines, codes, examples) => {
    const result = check(lines.join('\n'));
    expect(result.codes).toEqual(codes);
    expect(result.good).toEqual(examples);
    expect(result.examples).toBe(examples.length + codes.filter((code) => code.includes('json-')).length);
    expect(check(lines.join('\r\n')).codes.filter((code) => !code.endsWith(' crlf'))).toEqual(codes);
  });

  it('says its lines, and the fix joins them', () => {
    const { findings } = check([...goods(3), CASE, ...goods(2)].join('\n'));
    expect(findings[0]?.message).toBe('A text goes on over lines 4–5, where JSON needs \\n for a line break.');
    const fix = findings[0] === undefined ? null : fixOf(CASE, findings[0]);
    expect(fix?.whole).toBe(CASE.replace('\n', '\\n'));
    expect(check([...goods(3), fix?.whole ?? '', ...goods(2)].join('\n')).codes).toEqual([]);
  });

  it('has no fix where joining gives no JSON', () => {
    const broken = '{"messages":[{"role":"user","content":"a\nhe said "no"\nb"}]}';
    const [finding] = check(`${good(0)}\n${broken}\n${good(1)}`).findings;
    expect(finding === undefined ? undefined : fixOf(broken, finding)).toBeNull();
  });

  it.each([
    ['a text that is not closed', '{"messages":[{"role":"user","content":"a', 'json-syntax', 25],
    ['a quote that is not escaped', '{"prompt": "a" b", "completion": "c"}', 'json-unescaped-quote', 14],
    ['a key without its quote', '{"prompt": "x, "completion": "y"}', 'json-unescaped-quote', 16],
    ['a bracket that is not closed', '{"messages": [', 'json-syntax', 15],
    ['a bad escape', '{"messages": "\\q', 'json-bad-escape', 15],
  ])('%s before a good row keeps its place', (_name, line, code, column) => {
    for (const lines of [
      [line, good(1)],
      [good(0), line, good(1)],
      [good(0), line],
      [good(0), line, line, good(1)],
      [good(0), line, '', good(1)],
    ]) {
      const found = check(lines.join('\n')).findings.filter(({ severity }) => severity === 'error');
      expect(found.map((finding) => [finding.code, finding.column])).toEqual(
        lines.filter((one) => one === line).map(() => [code, expect.any(Number) as number]),
      );
      if (code !== 'json-syntax') expect(found[0]?.column).toBe(column);
    }
  });

  it('lines that only begin objects are each a problem of their own', () => {
    expect(check([good(0), '{', '{', '', '{"a":', good(1), '{'].join('\n')).codes).toEqual([
      '2 json-syntax',
      '3 json-syntax',
      '5 json-syntax',
      '7 json-syntax',
      '4 blank-line',
    ]);
  });

  it('comes to the same in parts, wherever they begin', () => {
    const lines = [
      ...goods(2),
      CASE.replace('\n', '\nmore\n'),
      ...goods(2, 2),
      '{"messages": [',
      '"end',
      ...goods(1, 9),
    ]
      .join('\n')
      .split('\n');
    const whole = check(lines.join('\n'));
    for (const border of [1, 2, 5, 6, 7, 8]) {
      const read = (part: readonly string[], continues: boolean) => {
        const checker = createChecker({ accept: 'any', minExamples: 0, continues });
        const splitter = createLineSplitter();
        const bytes = new TextEncoder().encode(`${part.join('\n')}\n`);
        const findings = [...splitter.push(bytes)].flatMap((line) => checker.line(line).findings);
        return { checker, findings };
      };
      const first = read(lines.slice(0, border), false);
      const second = read(lines.slice(border), true);
      const late = first.checker.join(second.checker.state());
      const shifted = second.findings.map((finding) => ({
        ...finding,
        line: finding.line + border,
        ...(finding.endLine === undefined ? {} : { endLine: finding.endLine + border }),
      }));
      const all = [...first.findings, ...shifted, ...late, ...first.checker.end().findings].sort(
        (a, b) => a.line - b.line,
      );
      expect(all.map(({ line, endLine, code }) => [line, endLine, code])).toEqual(
        whole.findings.map(({ line, endLine, code }) => [line, endLine, code]),
      );
    }
  });

  it('is joined in a whole file, and every other byte stays', () => {
    const text = [
      ...goods(2),
      CASE,
      '',
      good(3),
      '{"messages":[{"role":"user","content":"a\nhe said "no"',
      good(4),
    ].join('\n');
    expect(joined(text, () => true)).toBe(text.replace(CASE, CASE.replace('\n', '\\n')));
    expect(joined(text, (code) => code === 'json-spread')).toBe(text);
  });
});

function joined(text: string, accepts: (code: string) => boolean): string {
  const joiner = createJoiner(accepts);
  const splitter = createLineSplitter();
  const out: string[] = [];
  for (const line of [...splitter.push(new TextEncoder().encode(text)), ...splitter.end()])
    for (const one of joiner.push(line)) out.push(new TextDecoder().decode(one.line.bytes ?? new Uint8Array(0)));
  for (const one of joiner.end()) out.push(new TextDecoder().decode(one.line.bytes ?? new Uint8Array(0)));
  return out.join('\n');
}

describe('objects spread over lines', () => {
  const pretty = (n: number, indent = 2): string => JSON.stringify(JSON.parse(good(n)), null, indent);
  it.each<readonly [string, string]>([
    ['each over lines', [pretty(1), pretty(2)].join('\n')],
    ['with a comma after each', [pretty(1), pretty(2)].join(',\n')],
    ['from a first line that holds more than a bracket', `{"messages": [\n${good(1).slice(13, -2)}\n]}\n`],
    [
      'without indentation',
      `{"messages": [\n{"role": "user", "content": "q"},\n{"role": "assistant", "content": "a"}\n]}`,
    ],
    ['after blank lines and a mark', `\uFEFF\n\n${pretty(1)}`],
    [
      'with a key and its bracket',
      `{ "messages":\n [ {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}\n ] }`,
    ],
    ['of a wrapper', JSON.stringify({ data: [JSON.parse(good(1))] }, null, 1)],
    ['that break off', pretty(1).slice(0, -8)],
  ])('%s are named once', (_name, text) => {
    const codes = check(text).codes.filter((code) => !code.includes('byte-order-mark') && !code.includes('blank'));
    expect(codes).toHaveLength(1);
    expect(codes[0]).toMatch(/json-spread$/);
  });

  it('in the middle of good rows are named once, and the others are checked', () => {
    const text = [...goods(2), pretty(1), good(3), pretty(2), good(4).replace('user', 'usr')].join('\n');
    const result = check(text);
    expect(result.codes).toEqual(['3–14 json-spread', '28 unknown-role']);
    expect(result.good).toEqual([1, 2, 15]);
    expect(result.examples).toBe(6);
    expect(check(joined(text, () => true)).codes).toEqual(['6 unknown-role']);
  });
});

describe('a form of the whole file is named once', () => {
  const rows = goods(4);
  const curly = (line: string): string => line.replace(/"([^"]*)"/g, '“$1”');
  it.each<readonly [string, readonly string[], string, string]>([
    ['a comma after each object', rows.map((row) => `${row},`), '1 json-trailing-comma', 'Remove the comma'],
    ['a comma and a space', rows.map((row) => `${row} ,\t`), '1 json-trailing-comma', 'Remove the comma'],
    ['lists of messages', rows.map((row) => row.slice(12, -1)), '1 not-object', 'Wrap it in {"messages": …}'],
    ['typographic quotes', rows.map(curly), '1 json-typographic-quotes', 'Use double quotes'],
    [
      'German quotes',
      rows.map((row) => row.replace(/"([^"]*)"/g, '„$1“')),
      '1 json-typographic-quotes',
      'Use double quotes',
    ],
    ['no-break spaces', rows.map((row) => row.replace(':', ':\u00a0')), '1 json-space', 'Use plain spaces'],
    ['zero-width spaces', rows.map((row) => `\u200b${row}`), '1 json-space', 'Use plain spaces'],
  ])('%s', (_name, lines, code, title) => {
    const { codes, findings, examples } = check(lines.join('\n'));
    expect(codes).toEqual([code]);
    expect(examples).toBe(4);
    const [line = ''] = lines;
    const fix = findings[0] === undefined ? null : fixOf(line, findings[0]);
    expect(fix?.title).toBe(title);
    expect(JSON.parse(applyEdits(line, fix?.edits ?? []))).toEqual(JSON.parse(rows[0] ?? ''));
    for (const each of lines) expect(check(fixLine(each) ?? '').codes).toEqual([]);
  });

  it('a slip in a good file is named at each of its lines', () => {
    const lines = [...goods(2), `${good(3)},`, good(4), `${good(5)},`];
    expect(check(lines.join('\n')).codes).toEqual(['3 json-trailing-comma', '5 json-trailing-comma']);
  });

  it('marks of Markdown are named, and the rows between them are examples', () => {
    const text = ['```json', ...goods(3), '```', ''].join('\n');
    const result = check(text);
    expect(result.codes).toEqual(['1 markdown-fence']);
    expect([result.examples, result.valid]).toEqual([3, 3]);
    expect(check(['', '~~~', ...goods(3), '~~~', '```jsonl', good(4), '```'].join('\n')).codes).toEqual([
      '2 markdown-fence',
      '1 blank-line',
    ]);
    expect([fixLine('```json'), fixLine('~~~~')]).toEqual([null, null]);
  });

  it('texts with typographic quotes inside stay as they are', () => {
    const line =
      '{“messages”: [{“role”: “user”, “content”: “Say “yes”, “no” or "x": you choose”}, {“role”: “assistant”, “content”: “”}]}';
    const fixed = fixLine(line, (code) => code === 'json-typographic-quotes');
    expect(JSON.parse(fixed ?? '')).toEqual({
      messages: [
        { role: 'user', content: 'Say “yes”, “no” or "x": you choose' },
        { role: 'assistant', content: '' },
      ],
    });
    expect(check([good(1), good(2).replace('q2', '“q”\u00a0')].join('\n')).codes).toEqual([]);
  });
});

describe('a file that is something else', () => {
  const bytes = (text: string): string => text;
  it.each<readonly [string, string]>([
    [bytes('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614\nsize 12345\n'), 'git-lfs-pointer'],
    ['<!doctype html>\n<html lang="en">\n', 'web-page'],
    ['\n\n<html><head>', 'web-page'],
    ['<?xml version="1.0"?>\n<a/>', 'other-file'],
    ['SQLite format 3\u0000', 'other-file'],
    ['PAR1\u0015\u0000\n', 'parquet'],
    ['ARROW1\u0000\u0000', 'parquet'],
    ['BZh91AY&SY', 'compressed-file'],
    ['PK\u0003\u0004\u0014\u0000....train.jsonl', 'compressed-file'],
    ['PK\u0003\u0004\u0014\u0000....xl/workbook.xml', 'spreadsheet'],
    ['sep=;\nquestion;answer\n', 'csv'],
    ['sep=|\nquestion|answer\n', 'csv'],
    ['"sep=,"\nquestion,answer\n', 'csv'],
  ])('%j is named once: %s', (text, code) => {
    const { codes } = check(text);
    expect(codes.filter((one) => !one.includes('blank-line')).map((one) => one.split(' ')[1])).toEqual([code]);
  });

  it.each([
    [[0x1f, 0x8b, 8, 0], 'compressed-file'],
    [[0x28, 0xb5, 0x2f, 0xfd], 'compressed-file'],
    [[0xd0, 0xcf, 0x11, 0xe0], 'spreadsheet'],
  ])('bytes %j: %s', (start, code) => {
    const checker = createChecker();
    const splitter = createLineSplitter();
    const file = Uint8Array.from([...start, 200, 10, 7, 255, 0, 10]);
    const found = [...splitter.push(file), ...splitter.end()].flatMap((line) => checker.line(line).findings);
    expect([...found, ...checker.end().findings].map((finding) => finding.code)).toEqual([code]);
  });
});
