import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { countTokens, encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { parseExample } from '../../../../src/core/dataset/parseExample.ts';
import { exampleTokens } from '../../../../src/core/tokens/count.ts';
import { o200k } from '../../../../src/core/tokens/o200k.ts';

const dataDir = process.env['TUNING_FORK_DATA_DIR'];
const plain = { disallowedSpecial: new Set<string>() };

function billed(path: string): number {
  let tokens = 0;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '') continue;
    const parsed = parseExample(line);
    if (!parsed.ok) throw new Error(parsed.error.message);
    tokens += exampleTokens(parsed.value, o200k).tokens;
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
    expect(o200k.count(text)).toEqual({ tokens, estimated: false });
  });

  it('counts control tokens as the text they are', () => {
    for (const token of ['<|endoftext|>', '<|fim_suffix|>', '<|im_start|>']) {
      expect(o200k.count(`a ${token} b`).tokens).toBe(countTokens(`a ${token} b`, plain));
      expect(o200k.count(token).tokens).toBeGreaterThan(1);
    }
  });

  it('is the encoding itself on ordinary text, and never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 200 }),
          fc.lorem({ maxCount: 300 }),
          fc.string({ unit: fc.constantFrom('<|', '|>', 'endoftext', '\ud800', ' ', '\n') }),
        ),
        (text) => {
          expect(o200k.count(text)).toEqual({ tokens: encode(text, plain).length, estimated: false });
        },
      ),
    );
  });

  it.each([
    ['letters', 'a'.repeat(100_000)],
    ['capitals', 'A'.repeat(100_000)],
    ['Chinese', '价格'.repeat(50_000)],
    ['emoji', '😀'.repeat(50_000)],
    ['white space', ' '.repeat(100_000)],
    ['line feeds', '\n'.repeat(100_000)],
    ['punctuation', '='.repeat(100_000)],
    ['digits', '1234567890'.repeat(10_000)],
    ['base64', Buffer.from(Array.from({ length: 75_000 }, (_, n) => (n * 7919 + (n >> 3)) % 251)).toString('base64')],
  ])('100,000 %s take well under a second', (_name, text) => {
    const start = performance.now();
    const { tokens } = o200k.count(text);
    expect(performance.now() - start).toBeLessThan(3000);
    expect(tokens).toBeGreaterThan(100);
  });

  it('is within one percent where a run was counted in slices, and says so', () => {
    const text = `${'the price of a lamp is what it is '.repeat(50)}${'abcdefgh'.repeat(400)} and more`;
    const sliced = o200k.count(text);
    const exact = countTokens(text, plain);
    expect(sliced.estimated).toBe(true);
    expect(Math.abs(sliced.tokens - exact) / exact).toBeLessThan(0.01);
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
      o200k,
    );
    expect(count).toEqual({ tokens: 1 + (4 + 2) + (4 + 6), estimated: false });
  });

  it('are an estimate with tools, tool calls or images', () => {
    const messages = [{ role: 'assistant', content: 'a' }] as const;
    expect(exampleTokens({ messages, tools: [{}] }, o200k).estimated).toBe(true);
    expect(exampleTokens({ messages, tools: [] }, o200k).estimated).toBe(false);
    expect(
      exampleTokens(
        {
          messages: [{ role: 'assistant', content: null, tool_calls: [{ function: { name: 'f', arguments: '{}' } }] }],
        },
        o200k,
      ).estimated,
    ).toBe(true);
    expect(
      exampleTokens({ messages: [{ role: 'user', content: [{ type: 'image_url' }] }, ...messages] }, o200k).estimated,
    ).toBe(true);
  });
});
