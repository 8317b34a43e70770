// Rows as other programs and providers write them, with what becomes of them.

export const u = (content: unknown) => ({ role: 'user', content });
export const a = (content: unknown, more: object = {}) => ({ role: 'assistant', content, ...more });
export const s = (content: string) => ({ role: 'system', content });
export const chat = (...messages: unknown[]) => ({ messages });
const call = (id: string, name: string, args: string) => ({
  role: 'assistant',
  tool_calls: [{ id, type: 'function', function: { name, arguments: args } }],
});
const result = (id: string, content: string) => ({ role: 'tool', tool_call_id: id, content });
const pair = (input: unknown[], good: unknown, bad: unknown) => ({
  input: { messages: input },
  preferred_output: [good],
  non_preferred_output: [bad],
});

const tools = [
  { type: 'function', function: { name: 'add', description: 'Adds.', parameters: { type: 'object', properties: {} } } },
];
const png = 'data:image/png;base64,iVBORw0KGgo=';

export const CONVERTED: readonly (readonly [name: string, row: unknown, made: unknown, leftOut?: readonly string[]])[] =
  [
    // C4
    ['KTO with a good answer', { prompt: 'q', completion: 'a', label: true }, chat(u('q'), a('a'))],
    [
      'Alpaca with a history',
      { instruction: 'And 3?', input: '', output: '9', history: [['2 squared?', '4']] },
      chat(u('2 squared?'), a('4'), u('And 3?'), a('9')),
    ],
    [
      'Alpaca with a system prompt and a source',
      { instruction: 'i', input: 'n', output: 'o', system: 'sys', source: 'web', empty: '' },
      chat(s('sys'), u('i\n\nn'), a('o')),
      ['source'],
    ],
    [
      'Alpaca with its input under another name',
      { instruction: 'Is it rude?', content: 'Go away.', output: 'Yes.' },
      chat(u('Is it rude?\n\nGo away.'), a('Yes.')),
    ],
    [
      'a completion that is a number',
      { prompt: 'How many? ->', completion: 3.0e1, source: 'web' },
      chat(u('How many?'), a('30')),
      ['source'],
    ],
    [
      'weights of losses',
      {
        messages: [
          { ...u('q'), loss_weight: 0 },
          { ...a('x'), loss_weight: 0 },
          { ...u('r'), loss_weight: 0 },
          { ...a('y'), loss_weight: 1 },
        ],
      },
      chat(u('q'), a('x', { weight: 0 }), u('r'), a('y')),
    ],
    ['a problem and its solution', { problem: 'p', solution: 'w', answer: 'C' }, chat(u('p'), a('w')), ['answer']],
    [
      'a prompt and its reference',
      { prompt: 'p', category: 'c', referenceResponse: 'r' },
      chat(u('p'), a('r')),
      ['category'],
    ],
    [
      'an instruction with an input and an answer',
      { instruction: 'Is it rude?', input: 'Go away.', answer: 'Yes.' },
      chat(u('Is it rude?\n\nGo away.'), a('Yes.')),
    ],
    [
      'turns of Firefly',
      {
        system: 'sys',
        conversation: [
          { human: 'q', assistant: 'x' },
          { assistant: 'y', human: 'r' },
        ],
      },
      chat(s('sys'), u('q'), a('x'), u('r'), a('y')),
    ],
    [
      'Dolly',
      { instruction: 'i', context: 'c', response: 'r', category: 'qa' },
      chat(u('i\n\nc'), a('r')),
      ['category'],
    ],
    [
      'pictures with an address',
      {
        conversations: [
          { from: 'human', value: '<image>\nWhat?' },
          { from: 'gpt', value: 'A cat.' },
        ],
        images: [png],
      },
      chat(
        u([
          { type: 'image_url', image_url: { url: png } },
          { type: 'text', text: 'What?' },
        ]),
        a('A cat.'),
      ),
    ],
    [
      'tools as text',
      {
        conversations: [
          { from: 'human', value: 'q' },
          { from: 'gpt', value: 'a' },
        ],
        tools: JSON.stringify([tools[0]?.function]),
      },
      { ...chat(u('q'), a('a')), tools },
    ],
    [
      'weights and flags of turns',
      {
        conversations: [
          { from: 'human', value: 'q', weight: 0 },
          { from: 'gpt', value: 'x', weight: 0 },
          { from: 'human', value: 'r' },
          { from: 'gpt', value: 'y', train: false },
          { from: 'human', value: 't', loss: false },
          { from: 'gpt', value: 'z', loss: true },
        ],
      },
      chat(u('q'), a('x', { weight: 0 }), u('r'), a('y', { weight: 0 }), u('t'), a('z')),
    ],
    [
      'calls and results of ShareGPT',
      {
        conversations: [
          { from: 'human', value: '1 + 1?' },
          { from: 'function_call', value: '{"name": "add", "arguments": {"a": 1, "b": 1}}' },
          { from: 'observation', value: '{"sum": 2}' },
          { from: 'gpt', value: '2' },
        ],
        tools: '',
      },
      chat(u('1 + 1?'), call('call_1', 'add', '{"a":1,"b":1}'), result('call_1', '{"sum": 2}'), a('2')),
    ],
    [
      'two calls at once',
      {
        conversations: [
          { from: 'human', value: 'q' },
          { from: 'function_call', value: '[{"name": "f", "arguments": "{}"}, {"name": "g", "parameters": {"x": 1}}]' },
          { from: 'tool', value: '["one", {"two": 2}]' },
          { from: 'gpt', value: 'done' },
        ],
      },
      chat(
        u('q'),
        {
          role: 'assistant',
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } },
            { id: 'call_2', type: 'function', function: { name: 'g', arguments: '{"x":1}' } },
          ],
        },
        result('call_1', 'one'),
        result('call_2', '{"two":2}'),
        a('done'),
      ),
    ],
    [
      'calls with the marks of Hermes',
      {
        conversations: [
          { from: 'human', value: 'q' },
          { from: 'gpt', value: 'Wait.\n<tool_call>\n{"name": "f", "arguments": {}}\n</tool_call>' },
          { from: 'tool', value: '<tool_response>\n5\n</tool_response>' },
          { from: 'gpt', value: 'It is 5.' },
        ],
      },
      chat(u('q'), { ...call('call_1', 'f', '{}'), content: 'Wait.' }, result('call_1', '5'), a('It is 5.')),
    ],
    // C5
    ['messages as text', { messages: JSON.stringify([u('q'), a('a')]) }, chat(u('q'), a('a'))],
    [
      'messages as Python prints them',
      { messages: "[{'role': 'user', 'content': 'q'}, {'role': 'assistant', 'content': 'it\\'s'}]" },
      chat(u('q'), a("it's")),
    ],
    [
      'from and value inside messages',
      {
        messages: [
          { from: 'human', value: 'q' },
          { from: 'gpt', value: 'a' },
        ],
      },
      chat(u('q'), a('a')),
    ],
    [
      'parts of Bedrock',
      {
        messages: [
          { role: 'user', content: [{ text: 'q' }] },
          { role: 'assistant', content: [{ text: 'a' }] },
        ],
      },
      chat(u('q'), a('a')),
    ],
    [
      'roles of Cohere',
      {
        messages: [
          { role: 'System', content: 's' },
          { role: 'User', content: 'q' },
          { role: 'Chatbot', content: 'a' },
        ],
      },
      chat(s('s'), u('q'), a('a')),
    ],
    [
      'parts that are text, or called value',
      { messages: [u(['Describe ', { type: 'text', value: 'this.' }]), a([{ type: 'output_text', text: 'It.' }])] },
      chat(
        u([
          { type: 'text', text: 'Describe ' },
          { type: 'text', text: 'this.' },
        ]),
        a('It.'),
      ),
    ],
    ['a system prompt beside messages', { system: 'sys', messages: [u('q'), a('a')] }, chat(s('sys'), u('q'), a('a'))],
    [
      'flags inside messages',
      { messages: [u('q'), a('x', { train: false }), u('r'), a('y')], id: 'k' },
      { ...chat(u('q'), a('x', { weight: 0 }), u('r'), a('y')), id: 'k' },
    ],
    [
      'tools of Anthropic',
      {
        system: 'sys',
        messages: [
          u('q'),
          a([
            { type: 'text', text: 'Let me see.' },
            { type: 'tool_use', id: 't1', name: 'f', input: { x: 1 } },
          ]),
          u([{ type: 'tool_result', tool_use_id: 't1', content: '5' }]),
          a('5.'),
        ],
        tools: [{ name: 'f', input_schema: { type: 'object', properties: { x: { type: 'number' } } } }],
      },
      {
        ...chat(
          s('sys'),
          u('q'),
          { ...call('t1', 'f', '{"x":1}'), content: 'Let me see.' },
          result('t1', '5'),
          a('5.'),
        ),
        tools: [
          {
            type: 'function',
            function: { name: 'f', parameters: { type: 'object', properties: { x: { type: 'number' } } } },
          },
        ],
      },
    ],
    // C8
    ...[
      ['question', 'answer'],
      ['input', 'output'],
      ['source', 'target'],
      ['query', 'response'],
      ['message', 'completion'],
      ['prompt', 'response'],
      ['instruction', 'response'],
      ['Question', 'Answer'],
      ['input_text', 'output_text'],
    ].map(
      ([question = '', answer = '']) =>
        [`${question}/${answer}`, { [question]: 'q', [answer]: 'a', nr: 4 }, chat(u('q'), a('a')), ['nr']] as const,
    ),
    ['a text and its class, as it was written', { text: 't', label: 3 }, chat(u('t'), a('3'))],
    ['OpenOrca', { system_prompt: 's', question: 'q', response: 'r', id: 'x' }, chat(s('s'), u('q'), a('r')), ['id']],
    ['SQuAD with a text', { question: 'q', context: 'c', answer: 'a' }, chat(u('c\n\nq'), a('a'))],
    ['lists of TRL', { prompt: [s('s'), u('q')], completion: [a('a')] }, chat(s('s'), u('q'), a('a'))],
    ['a list of TRL after a text', { prompt: 'q', completion: [a('a')] }, chat(u('q'), a('a'))],
    ['preference texts', { prompt: 'q', chosen: 'good', rejected: 'bad' }, pair([u('q')], a('good'), a('bad'))],
    [
      'preference lists',
      { prompt: [s('s'), u('q')], chosen: [a('good')], rejected: [a('bad')], score_chosen: 5 },
      pair([s('s'), u('q')], a('good'), a('bad')),
      ['score_chosen'],
    ],
    [
      'preference lists that repeat the prompt',
      { prompt: 'q', chosen: [u('q'), a('good')], rejected: [u('q'), a('bad')] },
      pair([u('q')], a('good'), a('bad')),
    ],
    [
      'preference lists with the prompt inside',
      { chosen: [s('s'), u('q'), a('x'), u('r'), a('good')], rejected: [s('s'), u('q'), a('x'), u('r'), a('bad')] },
      pair([s('s'), u('q'), a('x'), u('r')], a('good'), a('bad')),
    ],
    [
      'Orca pairs',
      { system: 's', question: 'q', chosen: 'good', rejected: 'bad' },
      pair([s('s'), u('q')], a('good'), a('bad')),
    ],
    [
      'HH-RLHF',
      { chosen: '\n\nHuman: q\n\nAssistant: good', rejected: '\n\nHuman: q\n\nAssistant: bad' },
      pair([u('q')], a('good'), a('bad')),
    ],
    [
      'preference with messages as the prompt',
      { messages: [s('s'), u('q')], chosen: a('good'), rejected: a('bad') },
      pair([s('s'), u('q')], a('good'), a('bad')),
    ],
    [
      'Capybara',
      {
        conversation: [
          { input: 'q', output: 'a' },
          { input: 'r', output: 'b' },
        ],
      },
      chat(u('q'), a('a'), u('r'), a('b')),
    ],
    [
      'a dialog of Anthropic as prompt',
      { prompt: '\n\nHuman: q\n\nAssistant:', completion: ' a' },
      chat(u('q'), a('a')),
    ],
    ['a question about a passage', { query: 'q', passage: 'p', answer: 'a' }, chat(u('p\n\nq'), a('a'))],
    [
      'preference in ShareGPT',
      {
        conversations: [{ from: 'human', value: 'q' }],
        chosen: { from: 'gpt', value: 'good' },
        rejected: { from: 'gpt', value: 'bad' },
      },
      pair([u('q')], a('good'), a('bad')),
    ],
    [
      'Gemini',
      {
        systemInstruction: { role: 'system', parts: [{ text: 's' }] },
        contents: [
          { role: 'user', parts: [{ text: 'q' }] },
          { role: 'model', parts: [{ text: 'a' }] },
        ],
      },
      chat(s('s'), u('q'), a('a')),
    ],
    [
      'Gemini with a call',
      {
        contents: [
          { role: 'user', parts: [{ text: 'q' }] },
          { role: 'model', parts: [{ functionCall: { name: 'f', args: { x: 1 } } }] },
          { role: 'user', parts: [{ functionResponse: { name: 'f', response: { y: 2 } } }] },
          { role: 'model', parts: [{ text: 'a' }] },
        ],
        tools: [
          {
            functionDeclarations: [
              { name: 'f', parameters: { type: 'OBJECT', properties: { x: { type: 'NUMBER' } } } },
            ],
          },
        ],
      },
      {
        ...chat(u('q'), call('call_1', 'f', '{"x":1}'), result('call_1', '{"y":2}'), a('a')),
        tools: [
          {
            type: 'function',
            function: { name: 'f', parameters: { type: 'object', properties: { x: { type: 'number' } } } },
          },
        ],
      },
    ],
    [
      'Bedrock',
      {
        schemaVersion: 'bedrock-conversation-2024',
        system: [{ text: 's' }],
        messages: [
          { role: 'user', content: [{ text: 'q' }] },
          { role: 'assistant', content: [{ text: 'a' }] },
        ],
      },
      chat(s('s'), u('q'), a('a')),
    ],
    [
      'ChatML',
      { text: '<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\na<|im_end|>\n' },
      chat(s('s'), u('q'), a('a')),
    ],
    ['Llama 2', { text: '<s>[INST] <<SYS>>\ns\n<</SYS>>\n\nq [/INST] a </s>' }, chat(s('s'), u('q'), a('a'))],
    [
      'Llama 3',
      {
        text: '<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nq<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\na<|eot_id|>',
      },
      chat(u('q'), a('a')),
    ],
    [
      'Gemma',
      { text: '<start_of_turn>user\nq<end_of_turn>\n<start_of_turn>model\na<end_of_turn>' },
      chat(u('q'), a('a')),
    ],
    ['Guanaco', { text: '### Human: q### Assistant: a' }, chat(u('q'), a('a'))],
  ];
