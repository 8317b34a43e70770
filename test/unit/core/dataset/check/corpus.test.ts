// Corpora of hostile input. The folders are named by environment variables; unset, the tests show as skipped.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import type { CheckedLine } from '../../../../../src/core/dataset/check/checkedLine.ts';
import { createChecker } from '../../../../../src/core/dataset/check/checker.ts';
import type { Finding } from '../../../../../src/core/dataset/finding.ts';
import { fixLine } from '../../../../../src/core/dataset/check/fixes.ts';
import { checkExample } from '../../../../../src/core/dataset/check/parseExample.ts';
import { rowOf } from '../../../../../src/core/dataset/compare/row.ts';
import { createLineSplitter } from '../../../../../src/core/jsonl/lines.ts';
import { createQuickScanner } from '../../../../../src/core/jsonl/quickScan.ts';
import { decodeUtf8 } from '../../../../../src/core/jsonl/utf8.ts';
import { MAX_DEPTH, nestingDepth } from '../../../../../src/core/jsonl/jsonSyntax.ts';
import { createRandom } from '../../../../../src/core/base/random.ts';

const jsonTestSuite = process.env['JSON_TEST_SUITE_DIR'];
const blns = process.env['TUNING_FORK_BLNS_DIR'];
/** `TUNING_FORK_FUZZ_LINES=1000000` for the long run (half a minute). */
const fuzzLines = Number(process.env['TUNING_FORK_FUZZ_LINES'] ?? 20_000);
/** Another one each time; it stands in the test's name, so that a failure can be had again with `TUNING_FORK_FUZZ_SEED`. */
const fuzzSeed = Number(process.env['TUNING_FORK_FUZZ_SEED'] ?? Date.now() % 2 ** 31);

const good = (n: number): string =>
  JSON.stringify({
    messages: [
      { role: 'system', content: 'Answer.' },
      { role: 'user', content: `What is the number ${String(n)}?` },
      { role: 'assistant', content: `It is ${String(n)}` },
    ],
  });

function check(bytes: Uint8Array): { readonly findings: readonly Finding[]; readonly lines: readonly CheckedLine[] } {
  const checker = createChecker({ accept: 'any' });
  const splitter = createLineSplitter();
  const lines = [...splitter.push(bytes), ...splitter.end()].map((line) => checker.line(line));
  return { findings: [...lines.flatMap((line) => line.findings), ...checker.end().findings], lines };
}

/** What JSON.parse says after strict decoding. */
function isJson(bytes: Uint8Array): boolean {
  const decoded = decodeUtf8(bytes);
  if (!decoded.ok) return false;
  try {
    JSON.parse(decoded.value);
    return true;
  } catch {
    return false;
  }
}

const SYNTAX = /^(?:json-(?!array|spread)|nul-character|lone-cr|not-utf8|utf-|byte-order-mark|blank-line)/;

describe.skipIf(jsonTestSuite === undefined)('the JSON corpus', () => {
  const folder = join(jsonTestSuite ?? '', jsonTestSuite?.endsWith('test_parsing') === true ? '' : 'test_parsing');
  const files = jsonTestSuite === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.json'));
  const single = files.filter((name) => {
    const bytes = readFileSync(join(folder, name));
    const at = bytes.indexOf(0x0a);
    return bytes.length > 0 && (at === -1 || at === bytes.length - 1);
  });

  it('is there, and all but six files are one line', () => {
    expect(files.length).toBe(318);
    expect(single.length).toBe(312);
    expect(['y_', 'n_', 'i_'].map((kind) => single.filter((name) => name.startsWith(kind)).length)).toEqual([
      93, 184, 35,
    ]);
  });

  it.each([0, 10, 19])(
    'at row %i of a good dataset: only that line is flagged, with the verdict of JSON.parse',
    (position) => {
      const deep: string[] = [];
      for (const name of single) {
        const whole = readFileSync(join(folder, name));
        const bytes = whole.at(-1) === 0x0a ? whole.subarray(0, -1) : whole;
        const rows = Array.from({ length: 20 }, (_, n) => Buffer.from(`${good(n)}\n`));
        rows[position] = Buffer.concat([bytes, Buffer.from('\n')]);
        const { findings, lines } = check(Buffer.concat(rows));
        expect([name, [...new Set(findings.map((finding) => finding.line))]]).toEqual([name, [position + 1]]);
        expect([name, lines.filter((line) => line.example !== null).length]).toEqual([name, 19]);
        const refused = findings.some(({ code }) => SYNTAX.test(code));
        const json = isJson(bytes);
        if (!name.startsWith('i_')) expect([name, json]).toEqual([name, name.startsWith('y_')]);
        // The documented limit of nesting refuses what JSON.parse takes; nothing it refuses is taken.
        const text = decodeUtf8(bytes);
        if (text.ok && nestingDepth(text.value) > MAX_DEPTH) {
          expect([name, findings[0]?.severity]).toEqual([name, 'error']);
          deep.push(name);
        } else expect([name, refused]).toEqual([name, !json]);
      }
      expect(deep).toEqual(['n_structure_100000_opening_arrays.json', 'n_structure_open_array_object.json']);
    },
  );

  // Line by line as the product reads: what is JSON as a whole is one value spread over lines.
  it.each([
    ['n_array_newlines_unclosed.json', 3],
    ['n_array_unclosed_with_new_lines.json', 3],
    ['n_string_unescaped_newline.json', 2],
    ['n_structure_no_data.json', 0],
    ['y_array_with_1_and_newline.json', 2],
    ['y_object_with_newlines.json', 3],
  ])('%s is a whole file of %i lines, refused with a place in it', (name, count) => {
    expect(single).not.toContain(name);
    const { findings, lines } = check(readFileSync(join(folder, name)));
    expect(lines).toHaveLength(count);
    expect(lines.filter((line) => line.example !== null)).toEqual([]);
    expect(findings.some(({ severity }) => severity === 'error')).toBe(true);
    for (const { line } of findings) expect(line).toBeLessThanOrEqual(count);
  });
});

describe.skipIf(blns === undefined)('the naughty strings', () => {
  const strings = blns === undefined ? [] : (JSON.parse(readFileSync(join(blns, 'blns.json'), 'utf8')) as string[]);

  it('pass through the rules as prompts and answers, and their messages stay one visible line', () => {
    expect(strings.length).toBeGreaterThan(500);
    for (const text of strings) {
      for (const value of [
        {
          messages: [
            { role: 'user', content: text },
            { role: 'assistant', content: 'a' },
          ],
        },
        {
          messages: [
            { role: 'user', content: 'q' },
            { role: 'assistant', content: text },
          ],
        },
        { messages: [{ role: text, content: text, [text]: 1 }], [text]: text },
        { [text]: [text] },
      ]) {
        for (const line of [JSON.stringify(value), text.replaceAll('\n', ' ')]) {
          for (const { message, action } of checkExample(line, 1).findings) {
            expect(`${message}${action}`).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
            expect(message.length).toBeLessThan(400);
          }
          rowOf(line);
          fixLine(line);
        }
      }
    }
  });
});

describe('fuzzed lines', () => {
  const pieces = [
    '{"messages":[',
    '{"role":"user","content":"',
    '{"role": "assistant", "content": "',
    '{"content":"x","role":"user"}',
    '"},',
    '"}]}',
    '{"role":"system","content":"',
    'price is $12',
    '\\n',
    '\\u00e9',
    '\\ud83d\\ude00',
    '\\ud83d',
    '\\u0000',
    '\\u202e',
    '\\u0041',
    'é',
    '😀',
    '\u202e',
    '<|endoftext|>',
    '<|',
    'a@b.example',
    'x @ y',
    ' sk-abcdefghijklmnopqrstuvwxyz',
    `ghp_${'a'.repeat(36)}`,
    'AKIAABCDEFGHIJKLMNOP',
    'task-list snake_case',
    '"',
    '\\',
    '\t',
    ' ',
    '\r',
    ',',
    '"weight":1',
    '"name":"x"',
    ']}',
    '}',
    '\0',
    '1e400',
    '12345678901234567890',
    'hf_',
    '--BEGIN',
    '\\times $',
    '$\\n',
    '$\\rho$',
    '\\f',
    '\\b',
    '\x7f',
    '\\u0085',
    '\u0085',
    '\u2028',
    '\\u00c3',
    '\\u00a9',
    'Ã',
    '©',
    'â€™',
    'â',
    'ðŸ˜€',
    '\ufffd',
    '\\ufffd',
  ];
  const encoder = new TextEncoder();

  it(
    `never crash, and the quick look says yes only where no rule objects (${String(fuzzLines)} lines, seed ${String(fuzzSeed)})`,
    { timeout: 600_000 },
    () => {
      const random = createRandom(fuzzSeed);
      const scanner = createQuickScanner();
      let quick = 0;
      let checker = createChecker({ accept: 'any' });
      for (let n = 0; n < fuzzLines; n += 1) {
        // Half are made of pieces, half are good lines with a piece put in somewhere; some get a byte flipped.
        let text: string;
        if (n % 2 === 0) text = Array.from({ length: random.integer(12) }, () => random.pick(pieces)).join('');
        else {
          const base = good(random.integer(100));
          const at = random.integer(base.length + 1);
          text = base.slice(0, at) + random.pick(pieces) + base.slice(at);
        }
        let bytes = encoder.encode(text);
        if (n % 5 === 0 && bytes.length > 0) {
          bytes = bytes.slice();
          bytes[random.integer(bytes.length)] = random.integer(256);
        }
        if (bytes.includes(0x0a)) continue;
        const decoded = decodeUtf8(bytes);
        const findings = decoded.ok ? checkExample(decoded.value, 1).findings : null;
        // Every fourth also as a line of a file of about a hundred.
        if (n % 400 === 0) {
          checker.end();
          checker = createChecker({ accept: 'any' });
        }
        if (n % 4 === 0) {
          const { example } = checker.line({ number: (n % 400) + 1, bytes, byteLength: bytes.length, offset: n % 400 });
          if (example !== null && findings === null) throw new Error(`An example of bytes that are no text: ${text}`);
        }
        const length = decoded.ok ? decoded.value.length : 0;
        for (const { column, endColumn } of findings ?? []) {
          if (column < 0 || endColumn < column || endColumn > length + 2)
            throw new Error(`${text}: ${String(column)}–${String(endColumn)}`);
        }
        if (scanner.isGood(bytes) && !scanner.facts.damaged) {
          quick += 1;
          if (
            findings === null ||
            findings.length > 0 ||
            !decoded.ok ||
            checkExample(decoded.value, 1).example === null
          )
            throw new Error(`The quick look misses something: ${JSON.stringify(text)}`);
        } else if (decoded.ok && n % 10 === 0) {
          fixLine(decoded.value);
          rowOf(decoded.value);
        }
      }
      expect(quick).toBeGreaterThan(fuzzLines / 50);
    },
  );

  it('are found good by the quick look in every common form', () => {
    const scanner = createQuickScanner();
    for (const line of [
      good(1),
      '{"messages": [{"role": "user", "content": "a\\n\\"b\\" \\u2019 é 😀 task-list x_y @ 5"}, {"role": "assistant", "content": " Price is $5"}]}',
      '{ "messages" : [ { "content" : "q" , "role" : "user" } , { "role" : "assistant" , "content" : "a" } ] } ',
    ])
      expect(scanner.isGood(encoder.encode(line))).toBe(true);
    expect(
      scanner.isGood(
        encoder.encode(
          '{"messages": [{"role": "system", "content": "system"}, {"role": "assistant", "content": "the answer"}]}',
        ),
      ),
    ).toBe(true);
    const line = encoder.encode(good(7));
    expect(scanner.isGood(line)).toBe(true);
    const { systemStart, systemEnd, answerStart, answerEnd } = scanner.facts;
    expect(new TextDecoder().decode(line.subarray(systemStart, systemEnd))).toBe('Answer.');
    expect(new TextDecoder().decode(line.subarray(answerStart, answerEnd))).toBe('It is 7');
  });
});
