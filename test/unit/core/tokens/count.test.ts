import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseExample } from '../../../../src/core/dataset/check/parseExample.ts';
import { exampleTokens } from '../../../../src/core/tokens/count.ts';
import { o200k } from '../../../../src/local/tokens.ts';

const dataDir = process.env['TUNING_FORK_DATA_DIR'];
const counter = o200k();

function billed(path: string): number {
  let tokens = 0;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue;
    const parsed = parseExample(line);
    if (!parsed.ok) throw new Error(parsed.error.message);
    tokens += exampleTokens(parsed.value, counter).tokens;
  }
  return tokens;
}

describe('counting tokens', () => {
  it.skipIf(dataDir === undefined)('gives the 46,018 tokens of a real bill', () => {
    expect(billed(join(dataDir ?? '', 'lesson/students/mrpeski_gdpr_train.jsonl'))).toBe(46_018);
  });

  it.each([
    ['', 0],
    ['Price is $226.95', 6],
    ['hello world', 2],
    ['😀', 1],
  ])('%j is %i', (text, tokens) => {
    expect(counter.count(text)).toEqual({ tokens, estimated: false });
  });
});

describe('tokens of an example', () => {
  it('are 1 for the example and 4 for each message besides the content', () => {
    const count = exampleTokens(
      {
        messages: [
          { role: 'user', content: 'hello world' },
          { role: 'assistant', content: 'Price is $226.95' },
        ],
      },
      counter,
    );
    expect(count).toEqual({ tokens: 1 + (4 + 2) + (4 + 6), estimated: false });
  });

  it('are an estimate with tools, tool calls or images', () => {
    const messages = [{ role: 'assistant', content: 'a' }] as const;
    expect(exampleTokens({ messages, tools: [{}] }, counter).estimated).toBe(true);
    expect(exampleTokens({ messages, tools: [] }, counter).estimated).toBe(false);
    expect(
      exampleTokens(
        {
          messages: [{ role: 'assistant', content: null, tool_calls: [{ function: { name: 'f', arguments: '{}' } }] }],
        },
        counter,
      ).estimated,
    ).toBe(true);
    expect(
      exampleTokens({ messages: [{ role: 'user', content: [{ type: 'image_url' }] }, ...messages] }, counter).estimated,
    ).toBe(true);
  });
});
