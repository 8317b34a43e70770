import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonError, nestingDepth } from '../../../../src/core/jsonl/jsonSyntax.ts';
import { locate } from '../../../../src/core/jsonl/locate.ts';
import { decodeUtf8, firstInvalidByte, sniffEncoding } from '../../../../src/core/jsonl/utf8.ts';

const dataDir = process.env['TUNING_FORK_DATA_DIR'];

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('the place of a JSON error', () => {
  it.each([
    ['{"a": 1,}', 7, 8, 'an extra comma before }'],
    ['[1,]', 2, 3, 'an extra comma before ]'],
    ["{'a': 1}", 1, 2, 'double quotes instead of single'],
    ['{"a": \'b\'}', 6, 7, 'double quotes instead of single'],
    ['{a: 1}', 1, 2, 'the key "a" needs double quotes'],
    ['{"a" 1}', 5, 6, 'a colon is missing'],
    ['{"a": 1 "b": 2}', 8, 9, 'a comma or } is missing'],
    ['[1 2]', 3, 4, 'a comma or ] is missing'],
    ['{"a": NaN}', 6, 9, '"NaN" is not a JSON number'],
    ['{"a": None}', 6, 10, 'is written null'],
    ['{"a": True}', 6, 10, 'is written true'],
    ['{"a": 01}', 6, 8, 'is not a JSON number'],
    ['{"a": completion}', 6, 16, 'text needs double quotes'],
    ['{"a": }', 6, 7, 'a value is missing'],
    ['{"a": 1} {"b": 2}', 9, 10, 'a second object begins'],
    ['{"a": 1}]', 8, 9, 'follows where the line should end'],
    ['{"a": 1', 7, 7, 'before the object is closed'],
    ['["a"', 4, 4, 'before the list is closed'],
    ['{"a": "b', 6, 8, 'never closed'],
    ['{"a": "b\tc"}', 8, 9, 'a tab'],
    ['{"a": "\\x"}', 7, 9, 'is not a JSON escape'],
    ['{"a": "\\u12g4"}', 7, 13, 'four hexadecimal digits'],
    ['{"a": 1} // why', 9, 11, 'no comments'],
    ['{"a": [1}', 8, 9, 'closes a bracket that was opened with "["'],
    ['{"a":\u00a01}', 5, 6, 'U+00A0'],
    ['', 0, 0, 'it is empty'],
  ])('%s', (text, start, end, message) => {
    expect(parses(text)).toBe(false);
    const error = findJsonError(text);
    expect(error?.message).toContain(message);
    expect([error?.start, error?.end]).toEqual([start, end]);
  });

  it('agrees with JSON.parse on what is JSON, on every text', () => {
    const soup = fc.array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"',
        'a',
        '\\',
        'u00e9',
        '0',
        '-',
        '1.5',
        'e',
        '+',
        'true',
        'null',
        ' ',
        '\n',
        '\r',
        '\u2028',
        '😀',
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(
        soup.map((parts) => parts.join('')),
        (text) => {
          expect(findJsonError(text) === null).toBe(parses(text));
        },
      ),
      { numRuns: 5000 },
    );
    fc.assert(
      fc.property(fc.json(), fc.nat(), fc.string({ minLength: 1, maxLength: 2 }), (json, at, junk) => {
        expect(findJsonError(json)).toBeNull();
        const cut = at % (json.length + 1);
        const broken = json.slice(0, cut) + junk + json.slice(cut);
        expect(findJsonError(broken) === null).toBe(parses(broken));
        const shorter = json.slice(0, cut);
        expect(findJsonError(shorter) === null).toBe(parses(shorter));
      }),
    );
  });

  it('does not overflow on deep nesting', () => {
    const deep = '['.repeat(200_000);
    expect(findJsonError(deep)?.start).toBe(200_000);
    expect(nestingDepth(deep)).toBe(200_000);
    expect(nestingDepth('{"a": "[[[[", "b": [{}]}')).toBe(3);
  });

  it.skipIf(dataDir === undefined || !existsSync(join(dataDir, 'JSONTestSuite')))(
    'agrees with JSON.parse on JSONTestSuite',
    () => {
      const folder = join(dataDir ?? '', 'JSONTestSuite', 'test_parsing');
      const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
      expect(files.length).toBeGreaterThan(300);
      for (const name of files) {
        const decoded = decodeUtf8(readFileSync(join(folder, name)));
        if (decoded.ok) expect([name, findJsonError(decoded.value) === null]).toEqual([name, parses(decoded.value)]);
      }
    },
  );
});

describe('the place of a value', () => {
  it('is found by its path', () => {
    const text = '{ "x" : [1, {"b": "}]\\""} , 3], "m\\u0065ssages": [{"role": "a"}, {"role" : "human"}] }';
    const at = (path: (string | number)[]): string => {
      const range = locate(text, path);
      return range === null ? '' : text.slice(range.start, range.end);
    };
    expect(at(['messages', 1, 'role'])).toBe('"human"');
    expect(at(['x', 1, 'b'])).toBe('"}]\\""');
    expect(at(['x', 2])).toBe('3');
    // A missing key marks what should hold it.
    expect(at(['messages', 0, 'content'])).toBe('{"role": "a"}');
    expect(locate(text, ['nothing'])).toBeNull();
  });

  it('gives the value that JSON.parse gives', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.array(fc.jsonValue(), { minLength: 1 }), { minKeys: 1, noNullPrototype: true }),
        fc.nat(),
        (value, pick) => {
          for (const text of [JSON.stringify(value), JSON.stringify(value, null, 2)]) {
            const keys = Object.keys(value);
            const key = keys[pick % keys.length] ?? '';
            const range = locate(text, [key, 0]);
            expect(range).not.toBeNull();
            expect(JSON.parse(text.slice(range?.start, range?.end))).toEqual(
              JSON.parse(JSON.stringify(value[key]?.[0])),
            );
          }
        },
      ),
    );
  });
});

describe('strict UTF-8', () => {
  it.each([
    [[0x61, 0xff, 0x62], 1],
    [[0xc3], 0],
    [[0x61, 0xe2, 0x82], 1],
    [[0xc0, 0x80], 0],
    [[0xed, 0xa0, 0x80], 0],
    [[0xf4, 0x90, 0x80, 0x80], 0],
    [[0xf0, 0x80, 0x80, 0x80], 0],
    [[0xe9, 0x74, 0xe9], 0],
  ])('names the first wrong byte of %j', (bytes, at) => {
    const decoded = decodeUtf8(Uint8Array.from(bytes));
    expect(decoded.ok ? null : decoded.error.byte).toBe(at);
  });

  it('agrees with the platform on every sequence', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const ours = firstInvalidByte(bytes) === bytes.length;
        let theirs = true;
        try {
          new TextDecoder('utf-8', { fatal: true }).decode(bytes);
        } catch {
          theirs = false;
        }
        expect(ours).toBe(theirs);
        expect(decodeUtf8(bytes).ok).toBe(theirs);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    [[0xef, 0xbb, 0xbf, 0x7b], 'utf-8-bom'],
    [[0xff, 0xfe, 0x7b, 0], 'utf-16le'],
    [[0xfe, 0xff, 0, 0x7b], 'utf-16be'],
    [[0x7b, 0, 0x22, 0], 'utf-16le'],
    [[0, 0x7b, 0, 0x22], 'utf-16be'],
    [[0xff, 0xfe, 0, 0], 'utf-32'],
    [[0x7b, 0x22], 'utf-8'],
    [[], 'utf-8'],
  ])('tells the encoding of %j', (bytes, encoding) => {
    expect(sniffEncoding(Uint8Array.from(bytes))).toBe(encoding);
  });
});
