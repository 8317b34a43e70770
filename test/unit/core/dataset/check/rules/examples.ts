// One bad and one good example for every rule of a line. What a bad one marks is the text between its columns.

/** `marked`: null when the whole line is meant. `fixed`: what the fix makes of the bad line; null when it removes it. */
export interface LineCase {
  readonly code: string;
  readonly bad: string;
  readonly marked: string | null;
  readonly good: string;
  readonly fixed?: string | null;
  /** Codes that stand on the same line by nature. */
  readonly also?: readonly string[];
}

const user = { role: 'user', content: 'q' };
const answer = { role: 'assistant', content: 'a' };
const say = (...messages: unknown[]): string => JSON.stringify({ messages });
const plain = say(user, answer);
const tool = (parameters: unknown = { type: 'object', properties: {} }, name: unknown = 'f'): unknown => ({
  type: 'function',
  function: { name, parameters },
});
const call = (args: unknown = '{}', name: unknown = 'f', id: unknown = 'c1'): unknown => ({
  id,
  type: 'function',
  function: { name, arguments: args },
});
const calls = (...list: unknown[]): unknown => ({ role: 'assistant', content: null, tool_calls: list });
const withTools = (messages: unknown[], tools: unknown = [tool()]): string => JSON.stringify({ messages, tools });
const part = (url: unknown): unknown => ({ type: 'image_url', image_url: { url } });
const image = (url: unknown, role = 'user'): unknown => ({ role, content: [part(url)] });
const pair = (preferred: unknown): string =>
  JSON.stringify({
    input: { messages: [user] },
    preferred_output: preferred,
    non_preferred_output: [{ role: 'assistant', content: 'b' }],
  });
const text = (content: string, reply = 'a'): string =>
  say({ role: 'user', content }, { role: 'assistant', content: reply });

const lineCases: readonly LineCase[] = [
  { code: 'json-syntax', bad: '{"messages": [', marked: '', good: plain },
  {
    code: 'json-trailing-comma',
    bad: '{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"},]}',
    marked: ',',
    good: plain,
    fixed: '{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}',
  },
  {
    code: 'json-single-quotes',
    bad: `{'messages': [{'role': 'user', 'content': 'it\\'s "so"'}, {'role': 'assistant', 'content': 'a'}]}`,
    marked: "'",
    good: plain,
    fixed: `{"messages": [{"role": "user", "content": "it's \\"so\\""}, {"role": "assistant", "content": "a"}]}`,
  },
  {
    code: 'json-unquoted-key',
    bad: '{messages: [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}',
    marked: 'messages',
    good: plain,
    fixed: '{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}',
  },
  {
    code: 'json-unescaped-quote',
    bad: '{"messages": [{"role": "user", "content": "he said "no" twice"}]}',
    marked: '"',
    good: '{"messages": [{"role": "user", "content": "he said \\"no\\" twice"}, {"role": "assistant", "content": "a"}]}',
  },
  { code: 'json-comment', bad: `${plain} // why`, marked: '//', good: plain, fixed: `${plain} ` },
  { code: 'json-concatenated', bad: `${plain} ${plain}`, marked: '{', good: plain, fixed: `${plain}\n${plain}` },
  { code: 'json-number', bad: '{"messages": [], "x": NaN}', marked: 'NaN', good: plain },
  {
    code: 'json-python-literal',
    bad: plain.replace('}]}', '}], "parallel_tool_calls": True}'),
    marked: 'True',
    good: plain,
    fixed: plain.replace('}]}', '}], "parallel_tool_calls": true}'),
  },
  {
    code: 'json-control-character',
    bad: '{"messages": [{"role": "user", "content": "a\tb"}, {"role": "assistant", "content": "a"}]}',
    marked: '\t',
    good: text('a\tb'),
    fixed: '{"messages": [{"role": "user", "content": "a\\tb"}, {"role": "assistant", "content": "a"}]}',
  },
  {
    code: 'json-bad-escape',
    bad: '{"messages": [{"role": "user", "content": "C:\\Data"}, {"role": "assistant", "content": "a"}]}',
    marked: '\\D',
    good: text('C:\\Data'),
    fixed: '{"messages": [{"role": "user", "content": "C:\\\\Data"}, {"role": "assistant", "content": "a"}]}',
  },
  {
    code: 'nul-character',
    bad: '{"messages": [{"role": "user", "content": "a\0b"}, {"role": "assistant", "content": "a"}]}',
    marked: '\0',
    good: plain,
    fixed: '{"messages": [{"role": "user", "content": "ab"}, {"role": "assistant", "content": "a"}]}',
  },
  { code: 'lone-cr', bad: `${plain}\r${plain}`, marked: '{', good: plain, fixed: `${plain}\n${plain}` },
  { code: 'carriage-return', bad: plain.replace(',', ',\r'), marked: '\r', good: text('a\rb'), fixed: plain },
  { code: 'not-object', bad: '["messages"]', marked: null, good: plain },
  {
    code: 'not-object',
    bad: JSON.stringify([user, answer]),
    marked: null,
    good: plain,
    fixed: `{"messages": ${JSON.stringify([user, answer])}}`,
  },
  {
    code: 'json-typographic-quotes',
    bad: '{“messages”: [{"role": “user”, "content": “He said “no”, “"quoted"” too.”}, {"role": "assistant", "content": "a”b"}]}',
    marked: '“',
    good: text('“so”'),
    fixed:
      '{"messages": [{"role": "user", "content": "He said “no”, “\\"quoted\\"” too."}, {"role": "assistant", "content": "a”b"}]}',
  },
  {
    code: 'json-space',
    bad: plain.replace(':', ':\u00a0').replace(',', ',\u2003\u200b'),
    marked: '\u00a0',
    good: text('a\u00a0b\u2003c'),
    fixed: plain.replace(':', ': ').replace(',', ',  '),
  },
  {
    code: 'json-trailing-comma',
    bad: `${plain}, `,
    marked: ',',
    good: plain,
    fixed: `${plain} `,
  },
  {
    code: 'system-beside-messages',
    bad: JSON.stringify({ system: 's "x"', messages: [user, answer] }),
    marked: '"system"',
    good: say({ role: 'system', content: 's' }, user, answer),
    fixed: `{"messages":[{"role": "system", "content": "s \\"x\\""}, ${JSON.stringify(user)},${JSON.stringify(answer)}]}`,
  },
  {
    code: 'system-beside-messages',
    bad: `{"messages": ${JSON.stringify([user, answer])}, "id": 1, "system_prompt": "s"}`,
    marked: '"system_prompt"',
    good: plain,
    fixed: `{"messages": [{"role": "system", "content": "s"}, ${JSON.stringify([user, answer]).slice(1)}, "id": 1}`,
  },
  {
    code: 'system-beside-messages',
    bad: JSON.stringify({ system: 's', messages: [{ role: 'system', content: 't' }, user, answer] }),
    marked: '"system"',
    good: plain,
  },
  {
    code: 'system-beside-messages',
    bad: JSON.stringify({ system: [{ type: 'text', text: 's' }], messages: [user, answer] }),
    marked: '"system"',
    good: plain,
  },
  { code: 'too-deep', bad: `{"a": ${'['.repeat(501)}${']'.repeat(501)}}`, marked: null, good: plain },
  {
    code: 'duplicate-key',
    bad: '{"messages": [{"role": "user", "role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}',
    marked: '"role"',
    good: plain,
  },
  {
    code: 'number-precision',
    bad: `{"id": 12345678901234567890, ${plain.slice(1)}`,
    marked: '12345678901234567890',
    good: `{"id": 9007199254740991, ${plain.slice(1)}`,
  },
  {
    code: 'lone-surrogate',
    bad: '{"messages": [{"role": "user", "content": "\\ud83d!"}, {"role": "assistant", "content": "a"}]}',
    marked: '\\ud83d',
    good: '{"messages": [{"role": "user", "content": "\\ud83d\\ude00!"}, {"role": "assistant", "content": "a"}]}',
  },
  {
    code: 'nul-escape',
    bad: '{"messages": [{"role": "user", "content": "a\\u0000b"}, {"role": "assistant", "content": "a"}]}',
    marked: '\\u0000',
    good: plain,
    fixed: '{"messages": [{"role": "user", "content": "ab"}, {"role": "assistant", "content": "a"}]}',
  },
  {
    code: 'control-character',
    bad: String.raw`{"messages":[{"role":"user","content":"a \frac{1}{2}"},{"role":"assistant","content":"a"}]}`.replace(
      String.raw`\\f`,
      String.raw`\f`,
    ),
    marked: String.raw`\f`,
    good: text(String.raw`a \frac{1}{2}`),
    fixed: text(String.raw`a \frac{1}{2}`),
  },
  {
    code: 'latex-escape',
    bad: String.raw`{"messages":[{"role":"user","content":"$3 \times 4$"},{"role":"assistant","content":"a"}]}`,
    marked: String.raw`\t`,
    good: text('a\times and $5\nto $6'),
    fixed: text(String.raw`$3 \times 4$`),
  },
  { code: 'replacement-character', bad: text('caf\ufffd'), marked: '\ufffd', good: text('café') },
  {
    code: 'twice-decoded',
    bad: text('cafÃ© it'),
    marked: 'Ã©',
    good: text('café, AMANHÃ» and Â'),
    fixed: text('café it'),
  },
  {
    code: 'line-separator',
    bad: text('a\u2028b'),
    marked: '\u2028',
    good: text('a\nb'),
    fixed: text('a\u2028b').replace('\u2028', String.raw`\u2028`),
  },
  // The end of an embedding or isolate that nothing began, left over from a copied number, changes nothing.
  { code: 'bidi-control', bad: text('a\u202eb'), marked: '\u202e', good: text('שלום 5/27\u202c \u2069') },
  {
    code: 'no-messages',
    bad: '{"mesages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}',
    marked: '"mesages"',
    good: plain,
    fixed: '{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}',
  },
  {
    code: 'no-messages',
    bad: '{"message": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}',
    marked: '"message"',
    good: plain,
    fixed: '{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}',
  },
  {
    code: 'unknown-key',
    bad: `{"tool": [], ${plain.slice(1)}`,
    marked: '"tool"',
    good: `{"metadata": {}, ${plain.slice(1)}`,
    fixed: `{"tools": [], ${plain.slice(1)}`,
  },
  {
    code: 'unknown-message-key',
    bad: say(user, { ...answer, wieght: 1 }),
    marked: '"wieght"',
    good: say(user, { ...answer, weight: 1 }),
    fixed: say(user, { ...answer, weight: 1 }),
  },
  { code: 'message-not-object', bad: say('hi', answer), marked: '"hi"', good: plain },
  {
    code: 'unknown-role',
    bad: say({ role: 'asistant', content: 'a' }, user, answer),
    marked: '"asistant"',
    good: say(answer, user, answer),
    fixed: say(answer, user, answer),
  },
  { code: 'content-missing', bad: say({ role: 'user' }, answer), marked: '{"role":"user"}', good: plain },
  {
    code: 'content-type',
    bad: say({ role: 'user', content: 5 }, answer),
    marked: '5',
    good: text('5'),
    fixed: say({ role: 'user', content: '5' }, answer),
  },
  {
    code: 'content-part',
    bad: say({ role: 'user', content: [{ type: 'texte', text: 'q' }] }, answer),
    marked: '"texte"',
    good: say({ role: 'user', content: [{ type: 'text', text: 'q' }] }, answer),
  },
  {
    code: 'content-part',
    bad: say({ role: 'user', content: [{ type: 'input_text', text: 'q' }] }, answer),
    marked: '"input_text"',
    good: plain,
    fixed: say({ role: 'user', content: [{ type: 'text', text: 'q' }] }, answer),
  },
  {
    code: 'message-name',
    bad: say({ ...user, name: 'Jane Doe' }, answer),
    marked: '"Jane Doe"',
    good: say({ ...user, name: 'Jane_Doe-1' }, answer),
  },
  { code: 'empty-message', bad: text(' '), marked: '" "', good: plain },
  { code: 'no-assistant', bad: say(user), marked: JSON.stringify([user]), good: plain },
  { code: 'last-not-assistant', bad: say(user, answer, user), marked: JSON.stringify(user), good: plain },
  { code: 'empty-answer', bad: text('q', ''), marked: '""', good: plain },
  {
    code: 'weight-value',
    bad: say(user, { ...answer, weight: 2 }),
    marked: '2',
    good: say(user, { ...answer, weight: 1 }),
  },
  {
    code: 'weight-not-assistant',
    bad: say({ ...user, weight: 1 }, answer),
    marked: '1',
    good: plain,
    fixed: plain,
  },
  {
    code: 'weight-nothing',
    bad: say(user, { ...answer, weight: 0 }),
    marked: '0',
    good: say(user, { ...answer, weight: 0 }, user, { ...answer, weight: 1 }),
  },
  { code: 'consecutive-roles', bad: say(user, user, answer), marked: '"user"', good: say(user, answer, user, answer) },
  {
    code: 'image-url',
    bad: say(image('ftp://a.example/b.png'), answer),
    marked: '"ftp://a.example/b.png"',
    good: say(image('https://a.example/b.png'), answer),
  },
  {
    code: 'image-count',
    bad: say({ role: 'user', content: Array.from({ length: 11 }, () => part('https://a.example/b.png')) }, answer),
    marked: JSON.stringify(part('https://a.example/b.png')),
    good: say({ role: 'user', content: Array.from({ length: 10 }, () => part('https://a.example/b.png')) }, answer),
  },
  {
    code: 'image-too-large',
    bad: say(image(`data:image/png;base64,${'A'.repeat(15_379_116)}`), answer),
    marked: `"data:image/png;base64,${'A'.repeat(15_379_116)}"`,
    good: say(image(`data:image/png;base64,${'A'.repeat(12_582_912)}`), answer),
  },
  {
    code: 'image-role',
    bad: say(user, image('https://a.example/b.png', 'assistant'), user, answer),
    marked: '{"type":"image_url","image_url":{"url":"https://a.example/b.png"}}',
    good: say(image('data:image/png;base64,AAAA'), answer),
  },
  { code: 'special-token', bad: text('x "<|endoftext|>" y'), marked: '<|endoftext|>', good: text('<|') },
  {
    code: 'secret',
    bad: text(`my "key" is sk-${'Ab1'.repeat(10)}.`),
    marked: `sk-${'Ab1'.repeat(10)}`,
    good: text('a task-list, ask-me-anything and sk-8 shoes'),
  },
  {
    code: 'email-address',
    bad: text('write to\njane.doe@corp.io please'),
    marked: 'jane.doe@corp.io',
    good: text('write to support@corp.io, jane@corp.example, or @jane, 2 @ 3'),
  },
  {
    code: 'tool-schema',
    bad: withTools([user, answer], [tool({ type: 'object', properties: {}, required: ['city'] })]),
    marked: '["city"]',
    good: withTools(
      [user, answer],
      [tool({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'] })],
    ),
  },
  {
    code: 'tool-schema',
    bad: withTools([user, answer], [tool({ type: 'object' })]),
    marked: '{"type":"object"}',
    good: withTools([user, answer], [tool({ type: 'object', properties: { a: { type: 'object' } } })]),
    fixed: withTools([user, answer], [tool({ properties: {}, type: 'object' })]).replace(
      '"properties":{},',
      '"properties": {}, ',
    ),
  },
  {
    code: 'tool-call-shape',
    bad: withTools([user, calls({ id: 'c1', function: { name: 'f', arguments: '{}' } })]),
    marked: '{"id":"c1","function":{"name":"f","arguments":"{}"}}',
    good: withTools([user, calls(call())]),
    fixed: withTools([user, calls({ type: 'function', id: 'c1', function: { name: 'f', arguments: '{}' } })]).replace(
      '{"type":"function","id"',
      '{"type": "function", "id"',
    ),
  },
  {
    code: 'tool-call-shape',
    bad: withTools([user, calls({ id: 'c1', type: 'function' })]),
    marked: '{"id":"c1","type":"function"}',
    good: withTools([user, calls(call())]),
  },
  {
    code: 'tool-not-declared',
    bad: withTools([user, calls(call('{}', 'g'))]),
    marked: '"g"',
    good: withTools([user, calls(call())]),
  },
  {
    code: 'tool-call-unanswered',
    bad: withTools([user, calls(call()), user, answer]),
    marked: '"c1"',
    good: withTools([user, calls(call()), { role: 'tool', tool_call_id: 'c1', content: '1' }, answer]),
  },
  {
    code: 'tool-message-without-call',
    bad: withTools([user, { role: 'tool', tool_call_id: 'c9', content: '1' }, answer]),
    marked: '"c9"',
    good: withTools([
      user,
      calls(call(), call('{}', 'f', 'c2')),
      { role: 'tool', tool_call_id: 'c2', content: '1' },
      { role: 'tool', tool_call_id: 'c1', content: '1' },
      answer,
    ]),
  },
  {
    code: 'arguments-not-string',
    bad: withTools([user, calls(call({ a: 1 }))]),
    marked: '{"a":1}',
    good: withTools([user, calls(call('{"a":1}'))]),
    fixed: withTools([user, calls(call('{"a":1}'))]),
  },
  {
    code: 'arguments-not-json',
    bad: withTools([user, calls(call('a=1'))]),
    marked: '"a=1"',
    good: withTools([user, calls(call())]),
  },
  {
    code: 'arguments-not-object',
    bad: withTools([user, calls(call('[1]'))]),
    marked: '"[1]"',
    good: withTools([user, calls(call())]),
  },
  {
    code: 'arguments-double-encoded',
    bad: withTools([user, calls(call(JSON.stringify('{"a":1}')))]),
    marked: JSON.stringify(JSON.stringify('{"a":1}')),
    good: withTools([user, calls(call('{"a":1}'))]),
    fixed: withTools([user, calls(call('{"a":1}'))]),
  },
  { code: 'preference-shape', bad: pair([]), marked: '[]', good: pair([answer]), also: ['mixed-kinds'] },
  {
    code: 'prompt-completion-shape',
    bad: '{"prompt": 1, "completion": "b"}',
    marked: '1',
    good: '{"prompt": "a", "completion": "b"}',
    also: ['kind-prompt-completion'],
  },
];
export const LINE_CASES: readonly LineCase[] = lineCases;
