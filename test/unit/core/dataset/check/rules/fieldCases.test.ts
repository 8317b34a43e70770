// Rules beyond the messages of a chat example, each with inputs of the kinds that people reported, and their right values.
import { describe, expect, it } from 'vitest';
import { createChecker } from '../../../../../../src/core/dataset/check/checker.ts';
import { fixLine } from '../../../../../../src/core/dataset/check/fixes.ts';
import { checkExample } from '../../../../../../src/core/dataset/check/parseExample.ts';
import { createLineSplitter } from '../../../../../../src/core/jsonl/lines.ts';

const user = { role: 'user', content: 'q' };
const answer = { role: 'assistant', content: 'a' };
const row = (messages: readonly object[], more: object = {}): string => JSON.stringify({ messages, ...more });
const found = (line: string): readonly string[] => {
  const marks = checkExample(line, 1).findings.map(({ code, severity, column, endColumn }) => {
    const marked = column === 0 ? '' : ` ${line.slice(column - 1, endColumn - 1)}`;
    return `${severity} ${code}${marked.length > 45 ? '' : marked}`;
  });
  return [...new Set(marks)];
};

describe('legacy functions', () => {
  const functions = { functions: [{ name: 'f', parameters: { type: 'object', properties: {} } }] };
  const call = (args: unknown, name: unknown = 'f'): object => ({
    role: 'assistant',
    content: null,
    function_call: { name, arguments: args },
  });
  it.each<readonly [string, string, readonly string[]]>([
    ['a good call', row([user, call('{}')], functions), []],
    [
      'a result and an answer',
      row([user, call('{}'), { role: 'function', name: 'f', content: '1' }, answer], functions),
      [],
    ],
    ['arguments that are an object', row([user, call({ a: 1 })], functions), ['error arguments-not-string {"a":1}']],
    ['arguments that are no JSON', row([user, call('a=1')], functions), ['error arguments-not-json "a=1"']],
    ['arguments that are a list', row([user, call('[1]')], functions), ['error arguments-not-object "[1]"']],
    ['no arguments', row([user, call(undefined)], functions), ['error arguments-not-string {"name":"f"}']],
    ['no name', row([user, call('{}', '')], functions), ['error tool-call-shape ""']],
    ['a call that is text', row([user, { ...answer, function_call: 'f' }], functions), ['error tool-call-shape "f"']],
    [
      'a call by the user',
      row([{ ...user, function_call: { name: 'f', arguments: '{}' } }, answer], functions),
      ['error tool-call-shape {"name":"f","arguments":"{}"}'],
    ],
    ['a function that is not declared', row([user, call('{}', 'g')], functions), ['warning tool-not-declared "g"']],
    [
      'a function declared as a tool',
      row([user, call('{}')], { tools: [{ type: 'function', function: { name: 'f' } }] }),
      [],
    ],
    [
      'a result without a name',
      row([user, call('{}'), { role: 'function', content: '1' }, answer], functions),
      ['error tool-message-without-call {"role":"function","content":"1"}'],
    ],
    ['a declaration without a name', row([user, answer], { functions: [{}] }), ['error tool-schema {}']],
    [
      'parameters without properties',
      row([user, answer], { functions: [{ name: 'f', parameters: { type: 'object' } }] }),
      ['error tool-schema {"type":"object"}'],
    ],
    ['functions that are no list', row([user, answer], { functions: 'f' }), ['error tool-schema "f"']],
    ['a declaration that is text', row([user, answer], { functions: ['f'] }), ['error tool-schema "f"']],
  ])('%s', (_, line, expected) => {
    expect(found(line)).toEqual(expected);
  });
});

describe('tool calls', () => {
  const tools = { tools: [{ type: 'function', function: { name: 'f' } }] };
  const calls = (...list: object[]): string => row([user, { role: 'assistant', tool_calls: list }], tools);
  const called = { name: 'f', arguments: '{}' };
  it.each<readonly [string, string, readonly string[]]>([
    ['whole', calls({ id: 'c', type: 'function', function: called }), []],
    ['without a type', calls({ id: 'c', function: called }), ['error tool-call-shape']],
    ['without an id', calls({ type: 'function', function: called }), ['error tool-call-shape']],
    [
      'without a function',
      calls({ id: 'c', type: 'function' }),
      ['error tool-call-shape {"id":"c","type":"function"}'],
    ],
    ['of another type', calls({ id: 'c', type: 'custom', function: called }), ['error tool-call-shape "custom"']],
    ['with an empty id', calls({ id: '', type: 'function', function: called }), ['error tool-call-shape']],
    [
      'with arguments encoded twice, as in a training set of OpenAI’s own',
      calls({ id: 'c', type: 'function', function: { name: 'f', arguments: '"{}"' } }),
      ['warning arguments-double-encoded "\\"{}\\""'],
    ],
  ])('%s', (_, line, expected) => {
    expect(found(line)).toEqual(expected);
  });

  it('get the type that is missing', () => {
    const fixed = fixLine(calls({ id: 'c', function: called }, { id: 'd', function: called }));
    expect(found(fixed ?? '')).toEqual([]);
  });
});

describe('preference pairs', () => {
  const pair = (preferred: unknown, rejected: unknown, input: object = { messages: [user] }): string =>
    JSON.stringify({ input, preferred_output: preferred, non_preferred_output: rejected });
  const other = { role: 'assistant', content: 'b' };
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }];
  const calling = (args: unknown, name = 'f'): object => ({
    role: 'assistant',
    tool_calls: [{ id: 'c', type: 'function', function: { name, arguments: args } }],
  });
  it.each<readonly [string, string, readonly string[]]>([
    ['a good one', pair([answer], [other]), []],
    ['with tools', pair([calling('{}')], [other], { messages: [user], tools }), []],
    [
      'two preferred messages',
      pair([other, answer], [other]),
      ['error preference-shape {"role":"assistant","content":"a"}'],
    ],
    [
      'two rejected messages',
      pair([answer], [other, other]),
      ['error preference-shape {"role":"assistant","content":"b"}'],
    ],
    ['an empty list', pair([answer], []), ['error preference-shape []']],
    ['no list', pair(answer, [other]), ['error preference-shape {"role":"assistant","content":"a"}']],
    [
      'arguments of the preferred answer',
      pair([calling('x')], [other], { messages: [user], tools }),
      ['error arguments-not-json "x"'],
    ],
    [
      'arguments of the rejected answer',
      pair([answer], [calling([])], { messages: [user], tools }),
      ['error arguments-not-string []'],
    ],
    [
      'an undeclared tool',
      pair([calling('{}', 'g')], [other], { messages: [user], tools }),
      ['warning tool-not-declared "g"'],
    ],
    [
      'tools of a wrong form',
      pair([answer], [other], { messages: [user], tools: [{ function: {} }] }),
      ['error tool-schema {"function":{}}', 'error tool-schema {}'],
    ],
    [
      'a call in the prompt without an answer',
      pair([answer], [other], { messages: [user, calling('{}'), user], tools }),
      ['error tool-call-unanswered "c"'],
    ],
    [
      'content that is not understood is not empty',
      pair([{ role: 'assistant', content: ['x'] }], [other]),
      ['error content-type "x"'],
    ],
    ['an empty answer', pair([{ role: 'assistant', content: ' ' }], [other]), ['error preference-shape " "']],
  ])('%s', (_, line, expected) => {
    expect(found(line)).toEqual(expected);
  });
});

describe('reinforcement rows', () => {
  const asked = (more: object, messages: readonly object[] = [user]): string =>
    row(messages, { reference: 'r', ...more });
  it.each<readonly [string, string, readonly string[]]>([
    ['a good one', asked({ tools: [{ type: 'function', function: { name: 'f' } }] }), []],
    [
      'tools of a wrong form',
      asked({ tools: [{ type: 'function', function: { name: 'a b' } }] }),
      ['error tool-schema "a b"'],
    ],
    ['tools that are no list', asked({ tools: 1 }), ['error tool-schema 1']],
    [
      'parameters without properties',
      asked({ tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }] }),
      ['error tool-schema {"type":"object"}'],
    ],
    [
      'a token in a description',
      asked({ tools: [{ type: 'function', function: { name: 'f', description: '<|im_end|>' } }] }),
      ['error special-token <|im_end|>'],
    ],
  ])('%s', (_, line, expected) => {
    expect(found(line)).toEqual(expected);
  });
});

describe('content parts', () => {
  const parts = (...list: object[]): string => row([{ role: 'user', content: list }, answer]);
  it.each<readonly [string, string, readonly string[]]>([
    [
      'audio',
      parts({ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }),
      ['error content-part "input_audio"'],
    ],
    ['a file', parts({ type: 'file', file: { file_id: 'f' } }), ['error content-part "file"']],
    ['unknown', parts({ type: 'video' }), ['error content-part "video"']],
    ['of another interface', parts({ type: 'input_text', text: 'q' }), ['error content-part "input_text"']],
    [
      'an image of another interface',
      parts({ type: 'input_image', image_url: 'https://a.example/b.png' }),
      ['error content-part "input_image"'],
    ],
    ['a refusal of the user', parts({ type: 'refusal', refusal: 'no' }), ['error content-part "refusal"']],
    [
      'a refusal of the assistant',
      row([user, { role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] }]),
      [],
    ],
    ['text', parts({ type: 'text', text: 'q' }), []],
  ])('%s', (_, line, expected) => {
    expect(found(line)).toEqual(expected);
  });

  it('name the type that is meant', () => {
    const actions = (line: string): readonly string[] => checkExample(line, 1).findings.map(({ action }) => action);
    expect(actions(parts({ type: 'input_text', text: 'q' }))).toEqual(['Write "text" as the type.']);
    expect(actions(parts({ type: 'input_image', image_url: 'x' }))[0]).toContain('"image_url"');
  });
});

describe('names of messages', () => {
  const named = (name: unknown, role = 'user'): string => row([{ role, content: 'q', name }, answer]);
  it.each<readonly [unknown, readonly string[]]>([
    ['Jane Doe', ['error message-name "Jane Doe"']],
    ['jane.doe', ['error message-name "jane.doe"']],
    ['Jürgen', ['error message-name "Jürgen"']],
    ['', ['error message-name ""']],
    ['x'.repeat(65), ['error message-name']],
    [7, ['error message-name 7']],
    ['jane_doe-7', []],
    ['x'.repeat(64), []],
    [null, []],
  ])('%j', (name, expected) => {
    expect(found(named(name))).toEqual(expected);
  });
});

describe('schemas of tools', () => {
  const declared = (parameters: unknown): string =>
    row([user, answer], { tools: [{ type: 'function', function: { name: 'f', parameters } }] });
  const object = (properties: object, more: object = {}): string => declared({ type: 'object', properties, ...more });
  const wrong = { type: 'int' };
  const seen = ['error tool-schema "int"'];
  it.each<readonly [string, string, readonly string[]]>([
    ['a nested object without properties', object({ a: { type: 'object' } }), []],
    ['an object of a list without properties', object({ a: { type: 'array', items: { type: 'object' } } }), []],
    ['behind $defs', object({ a: { $ref: '#/$defs/b' } }, { $defs: { b: wrong } }), seen],
    ['behind definitions', object({}, { definitions: { b: wrong } }), seen],
    ['behind anyOf', object({ a: { anyOf: [{ type: 'string' }, wrong] } }), seen],
    ['behind oneOf', object({ a: { oneOf: [wrong] } }), seen],
    ['behind allOf', object({ a: { allOf: [wrong] } }), seen],
    ['behind items', object({ a: { type: 'array', items: wrong } }), seen],
    ['behind prefixItems', object({ a: { type: 'array', prefixItems: [wrong] } }), seen],
    ['behind additionalProperties', object({ a: { type: 'object', additionalProperties: wrong } }), seen],
    ['required by a branch alone', object({ a: {}, b: {} }, { anyOf: [{ required: ['a'] }, { required: ['b'] }] }), []],
    [
      'required where a reference declares it',
      object({ a: { $ref: '#/$defs/x', required: ['y'] } }, { $defs: { x: {} } }),
      [],
    ],
    [
      'required and not declared',
      object({ a: { type: 'object', properties: {}, required: ['y'] } }),
      ['error tool-schema ["y"]'],
    ],
    ['without parameters', row([user, answer], { tools: [{ type: 'function', function: { name: 'f' } }] }), []],
  ])('%s', (_, line, expected) => {
    expect(found(line)).toEqual(expected);
  });

  it.each<readonly [number, readonly string[]]>([
    [128, []],
    [129, ['error tool-schema']],
  ])('of %i tools', (count, expected) => {
    const list = Array.from({ length: count }, (_, n) => ({
      type: 'function',
      function: { name: `tool_number_${String(n)}` },
    }));
    const codes = (line: string): readonly string[] => found(line).map((each) => each.split(' ').slice(0, 2).join(' '));
    expect(codes(row([user, answer], { functions: list.map((tool) => tool.function) }))).toEqual(expected);
    expect(codes(row([user, answer], { tools: list }))).toEqual(expected);
  });
});

describe('a control token', () => {
  const token = '<|endoftext|>';
  const tools = (more: object): object => ({ tools: [{ type: 'function', function: { name: 'f', ...more } }] });
  const call = (args: string): object => ({
    role: 'assistant',
    tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: args } }],
  });
  const legacy = { role: 'assistant', function_call: { name: 'f', arguments: JSON.stringify({ a: token }) } };
  it.each<readonly [string, string]>([
    ['arguments', row([user, call(JSON.stringify({ a: `x ${token}` }))], tools({}))],
    ['arguments of a legacy call', row([user, legacy], { functions: [{ name: 'f' }] })],
    ['a description', row([user, answer], tools({ description: `x ${token}` }))],
    [
      'a description of a parameter',
      row([user, answer], tools({ parameters: { type: 'object', properties: { a: { description: token } } } })),
    ],
    [
      'a value of a parameter',
      row([user, answer], tools({ parameters: { type: 'object', properties: { a: { enum: [token] } } } })),
    ],
    ['a description of a function', row([user, answer], { functions: [{ name: 'f', description: token }] })],
    ['a refusal', row([user, { role: 'assistant', content: null, refusal: token }])],
    [
      'a result of a tool',
      row([user, call('{}'), { role: 'tool', tool_call_id: 'c', content: token }, answer], tools({})),
    ],
  ])('is found in %s', (_, line) => {
    expect(found(line)).toEqual([`error special-token ${token}`]);
  });

  it('is found in the name of a parameter', () => {
    const line = row([user, answer], tools({ parameters: { type: 'object', properties: { [token]: {} } } }));
    expect(found(line)).toEqual([`error special-token "${token}"`]);
  });
});

describe('email addresses', () => {
  const at = (address: string): string => row([{ role: 'user', content: `Write to ${address} today.` }, answer]);
  it.each([
    'jane@example.com',
    'jane@mail.example.org',
    'JANE@EXAMPLE.NET',
    'j@corp.example',
    'j@a.test',
    'j@x.invalid',
  ])('of %s are nobody’s', (address) => {
    expect(found(at(address))).toEqual([]);
  });
  it.each(['jane@example.io', 'jane@myexample.com', 'jane@example.com.br', 'jane@test.de', 'j@contest.org'])(
    'of %s are personal',
    (address) => {
      expect(found(at(address))).toEqual([`warning email-address ${address}`]);
    },
  );
});

describe('images', () => {
  const image = { type: 'image_url', image_url: { url: 'https://a.example/b.png' } };
  const images = (count: number): string =>
    row([{ role: 'user', content: Array.from({ length: count }, () => image) }, answer]);
  it.each<readonly [number, readonly string[]]>([
    [10, []],
    [11, ['warning image-count']],
    [64, ['warning image-count']],
    [65, ['error image-url', 'warning image-count']],
  ])('%i of them', (count, expected) => {
    expect(found(images(count))).toEqual(expected);
  });

  it('have a detail that providers know', () => {
    const detailed = (detail: string): string =>
      row([{ role: 'user', content: [{ ...image, image_url: { ...image.image_url, detail } }] }, answer]);
    expect(found(detailed('low'))).toEqual([]);
    expect(found(detailed('best'))).toEqual(['error image-url "best"']);
  });
});

describe('a line of many megabytes', () => {
  const mb = 1024 * 1024;
  const checked = (line: string): readonly string[] => {
    const checker = createChecker({ accept: 'any', minExamples: 0 });
    const splitter = createLineSplitter();
    const codes: string[] = [];
    const bytes = new TextEncoder().encode(line);
    for (let at = 0; at < bytes.length; at += mb)
      for (const raw of splitter.push(bytes.subarray(at, at + mb)))
        codes.push(...checker.line(raw).findings.map(({ code }) => code));
    for (const raw of splitter.end()) codes.push(...checker.line(raw).findings.map(({ code }) => code));
    return codes;
  };
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(9 * mb)}` } };

  it('is read where images make it long, and not where its text does', () => {
    expect(checked(row([{ role: 'user', content: [image, image, image] }, answer]))).toEqual([]);
    expect(checked(row([{ role: 'user', content: 'x'.repeat(17 * mb) }, answer]))).toEqual(['line-too-long']);
  });
});
