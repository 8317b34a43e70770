// What a file is written in, told by its bytes: encodings, line endings, and things that are no text at all (P9).
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createChecker } from '../../../../../src/core/dataset/check/checker.ts';
import { createLineSplitter } from '../../../../../src/core/jsonl/lines.ts';

const rows = Array.from({ length: 12 }, (_, n) =>
  JSON.stringify({
    messages: [
      { role: 'user', content: `Größe ${String(n)}?` },
      { role: 'assistant', content: `${String(n)} €` },
    ],
  }),
);
const text = `${rows.join('\n')}\n`;
const bytes = (from: string | readonly number[] | Uint8Array): Buffer => Buffer.from(from as string);
const utf16 = (bom: boolean, little: boolean): Buffer => {
  const units = Buffer.from((bom ? '\uFEFF' : '') + text, 'utf16le');
  return little ? units : units.swap16();
};
const utf32 = (bom: boolean, little: boolean): Buffer => {
  const points = Array.from((bom ? '\uFEFF' : '') + text).map((character) => character.codePointAt(0) ?? 0);
  const out = Buffer.alloc(points.length * 4);
  points.forEach((point, index) =>
    little ? out.writeUInt32LE(point, index * 4) : out.writeUInt32BE(point, index * 4),
  );
  return out;
};
/** One byte a character; what is not in the code page becomes a question mark. */
const codePage = (map: Readonly<Record<string, readonly number[]>>): Buffer =>
  Buffer.concat(Array.from(text).map((character) => Buffer.from(map[character] ?? [character.charCodeAt(0) & 0x7f])));

function check(content: Uint8Array): readonly string[] {
  const checker = createChecker();
  const splitter = createLineSplitter();
  const findings = [...splitter.push(content), ...splitter.end()].flatMap((line) =>
    checker.stopped ? [] : [...checker.line(line).findings],
  );
  return [...new Set([...findings, ...checker.end().findings].map(({ code }) => code))].sort();
}

describe('the bytes of a file', () => {
  it.each<[string, Uint8Array, readonly string[]]>([
    ['UTF-8', bytes(text), []],
    ['UTF-8 without a line feed at the end', bytes(text.trimEnd()), []],
    ['UTF-8 with a byte order mark', bytes(`\uFEFF${text}`), ['byte-order-mark']],
    ['UTF-16, little-endian, with a mark', utf16(true, true), ['utf-16']],
    ['UTF-16, big-endian, with a mark', utf16(true, false), ['utf-16']],
    ['UTF-16, little-endian, without a mark', utf16(false, true), ['utf-16']],
    ['UTF-16, big-endian, without a mark', utf16(false, false), ['utf-16']],
    ['UTF-32, little-endian, with a mark', utf32(true, true), ['utf-32']],
    ['UTF-32, big-endian, with a mark', utf32(true, false), ['utf-32']],
    ['UTF-32, little-endian, without a mark', utf32(false, true), ['utf-32']],
    ['UTF-32, big-endian, without a mark', utf32(false, false), ['utf-32']],
    ['Latin-1', bytes(Buffer.from(text.replaceAll('€', 'EUR'), 'latin1')), ['not-utf8']],
    ['Windows-1252', codePage({ ö: [0xf6], ß: [0xdf], '€': [0x80] }), ['not-utf8']],
    ['Mac Roman', codePage({ ö: [0x9a], ß: [0xa7], '€': [0xdb] }), ['not-utf8']],
    ['Shift JIS', codePage({ ö: [0x83, 0x41], ß: [0x83, 0x42], '€': [0x8e, 0x9a] }), ['not-utf8']],
    ['GB18030', codePage({ ö: [0xa8, 0xb0], ß: [0xa8, 0xb1], '€': [0xa2, 0xe3] }), ['not-utf8']],
    ['CESU-8', codePage({ ö: [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80] }), ['not-utf8']],
    ['overlong UTF-8', codePage({ ö: [0xc0, 0xaf] }), ['not-utf8']],
    ['CR LF', bytes(text.replaceAll('\n', '\r\n')), ['crlf']],
    ['CR LF with a byte order mark', bytes(`\uFEFF${text.replaceAll('\n', '\r\n')}`), ['byte-order-mark', 'crlf']],
    ['LF and CR LF mixed', bytes(text.replace('\n', '\r\n')), ['crlf']],
    ['lone CR', bytes(text.replaceAll('\n', '\r')), ['lone-cr', 'too-few-examples']],
    ['blank lines between', bytes(text.replaceAll('\n', '\n\n').trimEnd()), ['blank-line']],
    ['U+2028 inside text', bytes(text.replaceAll(' €', '\u2028€')), ['line-separator']],
    ['U+0085 inside text', bytes(text.replaceAll(' €', '\u0085€')), ['line-separator']],
  ])('%s', (_name, content, codes) => {
    expect(check(content)).toEqual(codes);
  });

  it.each<[string, Uint8Array]>([
    ['gzip', gzipSync(text)],
    ['a ZIP archive', bytes([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0, 0x9c, 0x8b, 0xff, 0xfe, 0, 0x80])],
    ['Parquet', bytes([0x50, 0x41, 0x52, 0x31, 0x15, 0, 0x15, 0xf0, 0xff, 0x80, 0x81])],
    ['a picture', bytes([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d])],
    ['nothing but NUL', new Uint8Array(5000)],
    ['line feeds only', bytes('\n'.repeat(50))],
    ['half a character at the end', bytes(text).subarray(0, text.indexOf('ö') + 1)],
  ])('%s is an error, in a few findings', (_name, content) => {
    const codes = check(content);
    expect(codes.length).toBeGreaterThan(0);
    expect(codes.length).toBeLessThan(6);
  });
});
