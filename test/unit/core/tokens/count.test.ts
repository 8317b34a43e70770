import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseExample } from '../../../../src/core/dataset/check/parseExample.ts';
import { createLineCounter, exampleTokens } from '../../../../src/core/tokens/count.ts';
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

  it('count tool definitions, functions and calls as compact JSON', () => {
    const tools = [{ type: 'function', function: { name: 'weather', description: 'Weather of a city' } }];
    const messages = [{ role: 'user', content: 'q' }] as const;
    const plain = exampleTokens({ messages }, counter).tokens;
    const json = counter.count(JSON.stringify(tools)).tokens;
    expect(exampleTokens({ messages, tools }, counter)).toEqual({
      tokens: plain + json,
      toolTokens: json,
      estimated: true,
    });
    expect(exampleTokens({ messages, functions: tools }, counter).toolTokens).toBe(json);
    const called = { name: 'weather', arguments: '{"city":"Oslo"}' };
    const call = counter.count('{"name":"weather","arguments":{"city":"Oslo"}}').tokens;
    for (const more of [{ tool_calls: [{ id: 'c', type: 'function', function: called }] }, { function_call: called }]) {
      const example = { messages: [...messages, { role: 'assistant' as const, content: null, ...more }] };
      expect(exampleTokens(example, counter)).toEqual({ tokens: plain + 4 + call, toolTokens: call, estimated: true });
    }
  });

  it('of tools are the same line by line, where neighbors declare the same or other ones', () => {
    const countLine = createLineCounter(counter);
    const messages = [{ role: 'assistant', content: 'a' }] as const;
    for (const name of ['f', 'f', 'something_else', 'f']) {
      const example = { messages, tools: [{ name }] };
      expect(countLine({ messages: null, example })).toEqual(exampleTokens(example, counter));
    }
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
