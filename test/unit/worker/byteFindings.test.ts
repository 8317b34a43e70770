import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { byteFindings, isPlain } from '../../../src/worker/byteFindings.ts';
import { createDatasetService } from '../../../src/worker/datasetService.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tuning-fork-bytes-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const row = (answer: string): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: 'How much?' },
      { role: 'assistant', content: answer },
    ],
  });
const text = (end: string, answer = 'Price is $1'): string => `${row(answer)}${end}${row('größer, 尺寸 😀')}${end}`;
const signal = new AbortController().signal;

describe('bytes that an editor does not show', () => {
  it.each([
    ['UTF-8', Buffer.from(text('\n')), []],
    ['CRLF', Buffer.from(text('\r\n')), []],
    ['without a last line feed', Buffer.from(text('\n').trimEnd()), []],
    ['of an empty file', Buffer.from(''), []],
    ['a byte order mark', Buffer.from(`\uFEFF${text('\n')}`), ['byte-order-mark']],
    ['UTF-16', Buffer.from(`\uFEFF${text('\n')}`, 'utf16le'), ['utf-16']],
    ['UTF-16 without a mark', Buffer.from(text('\n', 'a').replace(/[^\x20-\x7e\n]/g, 'x'), 'utf16le'), ['utf-16']],
    ['Latin-1', Buffer.from(`${row('größer')}\n${row('a')}\n`, 'latin1'), ['not-utf8']],
    ['lone carriage returns', Buffer.from(text('\r')), ['lone-cr']],
    ['a carriage return before CRLF', Buffer.from(text('\r\r\n')), ['carriage-return']],
  ])('%s', async (_, bytes, expected) => {
    const file = join(folder, 'a.jsonl');
    writeFileSync(file, bytes);
    const found = await byteFindings(file, signal);
    expect([...new Set(found.map(({ code }) => code))]).toEqual(expected);
    // What is taken for plain is not read by the rules: they must not be able to find anything.
    expect(isPlain(bytes)).toBe(expected.length === 0);
  });

  it('have nothing to add where the file is gone, a folder, or a pipe', async () => {
    expect(await byteFindings(join(folder, 'gone.jsonl'), signal)).toEqual([]);
    expect(await byteFindings(folder, signal)).toEqual([]);
    expect(await byteFindings('/dev/null', signal)).toEqual([]);
  });
});

describe('the first findings of a document', () => {
  const options = { disk: null, forTraining: true, limit: 100 };

  it('do not wait for the table of tokens, which is begun when they are there', async () => {
    const order: string[] = [];
    const service = createDatasetService(
      () => {
        order.push('table');
        return { count: () => ({ tokens: 200_000, estimated: false }), reset: () => undefined };
      },
      () => order.push('begun'),
    );
    const short = { name: 'a.jsonl', text: text('\n') };
    const check = service.check([short, options], signal);
    expect(order).toEqual([]);
    expect((await check).findings.map(({ code }) => code)).toEqual(['too-few-examples']);
    expect(order).toEqual(['begun']);
    // A row that may be too long for a model is counted.
    const long = { name: 'a.jsonl', text: `${row('word '.repeat(300_000))}\n` };
    expect((await service.check([long, options], signal)).findings.map(({ code }) => code)).toContain(
      'example-too-long',
    );
    expect(order).toEqual(['begun', 'table', 'begun']);
  });
});
