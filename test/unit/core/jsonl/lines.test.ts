import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLineSplitter, encodeInChunks, linesOfText, type RawLine } from '../../../../src/core/jsonl/lines.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (line: RawLine): string | null => (line.bytes === null ? null : new TextDecoder().decode(line.bytes));

function split(
  text: string | Uint8Array,
  chunk: number,
  limit?: number,
): readonly (RawLine & { readonly text: string | null })[] {
  const bytes = typeof text === 'string' ? bytesOf(text) : text;
  const splitter = createLineSplitter(limit);
  const lines: (RawLine & { readonly text: string | null })[] = [];
  // One buffer for all chunks, overwritten each time, as the worker does.
  const buffer = new Uint8Array(chunk);
  for (let at = 0; at < bytes.length; at += chunk) {
    const part = bytes.subarray(at, at + chunk);
    buffer.set(part);
    for (const line of splitter.push(buffer.subarray(0, part.length))) lines.push({ ...line, text: textOf(line) });
  }
  for (const line of splitter.end()) lines.push({ ...line, text: textOf(line) });
  return lines;
}

describe('splitting bytes into lines', () => {
  it.each([
    ['nothing', '', []],
    ['no final newline', 'a\nb', ['a', 'b']],
    ['a final newline', 'a\nb\n', ['a', 'b']],
    ['blank lines', '\n\na\n\n', ['', '', 'a', '']],
    ['CRLF', 'a\r\nb\r\n', ['a', 'b']],
    ['two CRs: only one goes', 'a\r\r\n', ['a\r']],
    ['a lone CR, which is white space inside JSON', '{"a":\r1}\nb', ['{"a":\r1}', 'b']],
    ['a CR at the very end', 'a\r', ['a']],
    ['line separators that are not LF', 'a\u2028b\u2029c\u0085d\ve\ff\n', ['a\u2028b\u2029c\u0085d\ve\ff']],
    ['characters of four bytes', '😀\n😀', ['😀', '😀']],
  ])('%s', (_name, text, expected) => {
    for (const chunk of [1, 2, 3, 5, 1000]) expect(split(text, chunk).map((line) => line.text)).toEqual(expected);
  });

  it('numbers lines from 1 and gives the offset of their first byte', () => {
    const lines = split('é\r\n\nabc', 2);
    expect(lines.map(({ number, offset, byteLength }) => [number, offset, byteLength])).toEqual([
      [1, 0, 2],
      [2, 4, 0],
      [3, 5, 3],
    ]);
  });

  it('copies what it holds, also from a Buffer that is overwritten', () => {
    const splitter = createLineSplitter();
    const buffer = Buffer.from('abc');
    const lines = [...splitter.push(buffer)];
    buffer.fill('x');
    lines.push(...splitter.push(Buffer.from('d\n')));
    expect(lines.map(textOf)).toEqual(['abcd']);
  });

  it('reports a line that is too long and goes on with the next', () => {
    for (const chunk of [1, 4, 7, 100]) {
      const lines = split(`ok\n${'x'.repeat(11)}\nyes\n`, chunk, 10);
      expect(lines.map((line) => [line.text, line.byteLength])).toEqual([
        ['ok', 2],
        [null, 11],
        ['yes', 3],
      ]);
    }
  });

  it('takes a line of exactly the limit, with CRLF too', () => {
    expect(split(`${'x'.repeat(10)}\r\n`, 3, 10).map((line) => line.text)).toEqual(['x'.repeat(10)]);
    expect(split(`${'x'.repeat(11)}\r\n`, 3, 10).map((line) => line.text)).toEqual([null]);
  });

  it('holds a bounded part of an endless line', () => {
    const splitter = createLineSplitter(1000);
    const chunk = new Uint8Array(64 * 1024).fill(0x61);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 2000; i += 1) expect([...splitter.push(chunk)]).toEqual([]);
    // 125 MiB went in.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
    const [line] = [...splitter.end()];
    expect(line?.bytes).toBeNull();
    expect(line?.byteLength).toBe(2000 * 64 * 1024);
  });

  it('gives the same lines whatever the chunks are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(0x0a, 0x0d, 0x61, 0xc3, 0xa9, 0)),
        fc.integer({ min: 1, max: 9 }),
        (data, chunk) => {
          const bytes = Uint8Array.from(data);
          const whole = split(bytes, 1_000).map(({ number, offset, bytes: line }) => [
            number,
            offset,
            [...(line ?? [])],
          ]);
          expect(split(bytes, chunk).map(({ number, offset, byteLength }) => [number, offset, byteLength])).toEqual(
            whole.map(([number, offset, line]) => [number, offset, (line as number[]).length]),
          );
          // Bytes are neither lost nor made: lines and line feeds add up.
          const feeds = data.filter((byte) => byte === 0x0a).length;
          expect(whole.length === feeds || whole.length === feeds + 1).toBe(true);
        },
      ),
    );
  });
});

describe('lines of a text in memory', () => {
  it('are those of the same text as a file', () => {
    const text = `\uFEFFa\r\nb😀\n\n${'c'.repeat(10)}`;
    expect([...linesOfText(text)].map(textOf)).toEqual(split(text, 4).map((line) => line.text));
  });

  it('never cuts a surrogate pair between two pieces', () => {
    const text = `${'a'.repeat((1 << 20) - 1)}😀b`;
    const joined = [...encodeInChunks(text)]
      .map((part) => new TextDecoder('utf-8', { fatal: true }).decode(part))
      .join('');
    expect(joined).toBe(text);
  });
});

describe('a line with images', () => {
  const image = (length: number): string => `"data:image/png;base64,${'A'.repeat(length)}"`;
  /** Lengths of the lines that are read; null for each that is too long. */
  const read = (text: string, limit: number, chunk: number): readonly (number | null)[] => {
    const splitter = createLineSplitter(limit);
    const bytes = new TextEncoder().encode(text);
    const lengths: (number | null)[] = [];
    for (let at = 0; at < bytes.length; at += chunk)
      for (const line of splitter.push(bytes.slice(at, at + chunk))) lengths.push(line.bytes?.length ?? null);
    for (const line of splitter.end()) lengths.push(line.bytes?.length ?? null);
    return lengths;
  };

  it.each([1, 3, 7, 64, 10_000])('is not too long because of them (chunks of %i bytes)', (chunk) => {
    const line = `{"a": "text", "b": ${image(300)}, "c": ${image(200)}}`;
    expect(read(`${line}\nx\n${line}`, 100, chunk)).toEqual([line.length, 1, line.length]);
  });

  it.each([1, 64, 10_000])('is too long because of its text (chunks of %i bytes)', (chunk) => {
    const text = `{"a": "${'x'.repeat(101)}", "b": ${image(30)}}`;
    const afterwards = `{"b": ${image(90)}, "a": "${'x'.repeat(101)}"}`;
    const plain = `{"a": "${'x'.repeat(400)}"}`;
    expect(read(`${text}\n${afterwards}\n${plain}\nok`, 100, chunk)).toEqual([null, null, null, 2]);
  });

  it.each([1, 64, 10_000])('is too long beyond ten times the limit (chunks of %i bytes)', (chunk) => {
    expect(read(`{"b": ${image(2000)}}\nok`, 100, chunk).at(-1)).toBe(2);
    if (chunk < 1000) expect(read(`{"b": ${image(2000)}}\nok`, 100, chunk)).toEqual([null, 2]);
  });
});
