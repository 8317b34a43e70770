import { describe, expect, it } from 'vitest';
import { createChecker } from '../../../../src/core/dataset/check/checker.ts';
import { detectKind } from '../../../../src/core/dataset/kind.ts';
import { createLineSplitter } from '../../../../src/core/jsonl/lines.ts';

function codes(lines: readonly string[]): readonly string[] {
  const checker = createChecker({ accept: 'any', minExamples: 0 });
  const splitter = createLineSplitter();
  const bytes = new TextEncoder().encode(lines.join('\n'));
  const findings = [...splitter.push(bytes), ...splitter.end()].flatMap((line) => checker.line(line).findings);
  return [...findings, ...checker.end().findings].map(({ code, line }) => `${String(line)} ${code}`);
}

const pair = [{ role: 'user', content: 'q' }];
const said = [{ role: 'assistant', content: 'a' }];

describe('rows of another kind', () => {
  it.each<readonly [unknown, string]>([
    [{ question: 'q', answer: 'a' }, 'kind-pairs'],
    [{ input: 'q', output: 'a' }, 'kind-pairs'],
    [{ source: 'q', target: 'a', id: 4 }, 'kind-pairs'],
    [{ query: 'q', response: 'a' }, 'kind-pairs'],
    [{ message: 'q', completion: 'a' }, 'kind-pairs'],
    [{ prompt: 'q', response: 'a' }, 'kind-pairs'],
    [{ text: 'q', label: 1 }, 'kind-pairs'],
    [{ problem: 'q', solution: 'a' }, 'kind-pairs'],
    [{ user_input: 'q', intent: 'a' }, 'kind-pairs'],
    [{ prompt: 'q', referenceResponse: 'a' }, 'kind-pairs'],
    [{ instruction: 'q', response: 'a' }, 'kind-instruction'],
    [{ prompt: pair, completion: said }, 'kind-prompt-messages'],
    [{ prompt: 'q', completion: said }, 'kind-prompt-messages'],
    [{ prompt: 'q', chosen: 'a', rejected: 'b' }, 'kind-chosen-rejected'],
    [{ prompt: pair, chosen: said, rejected: said }, 'kind-chosen-rejected'],
    [{ conversations: [], chosen: { from: 'gpt' }, rejected: { from: 'gpt' } }, 'kind-chosen-rejected'],
    [{ contents: [{ role: 'user', parts: [{ text: 'q' }] }] }, 'kind-gemini'],
    [{ schemaVersion: 'bedrock-conversation-2024', messages: pair }, 'kind-bedrock'],
    [{ system: [{ text: 's' }], messages: [{ role: 'user', content: [{ text: 'q' }] }] }, 'kind-bedrock'],
    [{ text: '<|im_start|>user\nq<|im_end|>' }, 'kind-templated'],
    [{ text: '<s>[INST] q [/INST] a </s>' }, 'kind-templated'],
    [{ text: '### Human: q### Assistant: a' }, 'kind-templated'],
    [{ messages: JSON.stringify(pair) }, 'kind-messages-text'],
    [{ messages: "[{'role': 'user'}]" }, 'kind-messages-text'],
    [JSON.stringify({ messages: pair }), 'kind-encoded-twice'],
    [{ data: [{ question: 'q', answer: 'a' }] }, 'kind-wrapped'],
    [{ training_data: [{ prompt: 'q', completion: 'a' }] }, 'kind-wrapped'],
    [{ version: '1', examples: [{ messages: pair }] }, 'kind-wrapped'],
    [{ question: ['q', 'r'], answer: ['a', 'b'] }, 'kind-columns'],
    [{ question: { 0: 'q', 1: 'r' }, answer: { 0: 'a', 1: 'b' } }, 'kind-columns'],
    [{ messages: [pair, pair] }, 'kind-columns'],
  ])('%j are named once a file', (row, code) => {
    expect(codes(Array.from({ length: 12 }, () => JSON.stringify(row)))).toEqual([`1 ${code}`]);
  });

  it.each([
    { time: 'now', message: 'started', level: 'info' },
    { message: 'started', label: 'boot' },
    { query: 'SELECT 1', response: 200 },
    { text: 'plain words' },
    { text: '[INST' },
    { data: [1, 2] },
    { data: [{ a: 1 }] },
    { tags: ['a'], names: ['b'] },
    { rows: 4, items: [] },
    { chosen: true, rejected: false },
    { contents: 'x' },
  ])('%j are none', (row) => {
    expect(detectKind(row)).toBe('unknown');
  });
});
