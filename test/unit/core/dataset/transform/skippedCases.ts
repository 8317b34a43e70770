// Rows that no example can be made of without loss, with the reason.
import { a, chat, s, u } from './formCases.ts';

export const SKIPPED: readonly (readonly [name: string, row: unknown, reason: RegExp])[] = [
  [
    'a bad answer',
    { prompt: 'Describe X.', completion: 'I refuse.', label: false },
    /"label" says that the answer is a bad one/,
  ],
  ['a bad answer of messages', { prompt: [u('q')], completion: [a('x')], label: false }, /"label" says/],
  ['a bad answer of LLaMA-Factory', { instruction: 'q', output: 'x', kto_tag: false }, /"kto_tag" says/],
  ['a bad answer of chat', { ...chat(u('q'), a('x')), label: false }, /"label" says/],
  ['a weight of 0', { question: 'q', answer: 'x', weight: 0 }, /"weight" says that the row is not to be learned/],
  ['a weight of a half', { question: 'q', answer: 'x', weight: 0.5 }, /no place for the value of "weight"/],
  ['a row without loss', { ...chat(u('q'), a('x')), loss: false }, /"loss" says/],
  [
    'a turn of a question to learn',
    {
      conversations: [
        { from: 'human', value: 'q', train: true },
        { from: 'gpt', value: 'x' },
      ],
    },
    /not an answer is to be learned/,
  ],
  ['pictures that are files', { instruction: 'q', output: 'x', images: ['a.png'] }, /pictures of the row are files/],
  [
    'a film',
    {
      conversations: [
        { from: 'human', value: '<video>' },
        { from: 'gpt', value: 'x' },
      ],
      videos: ['a.mp4'],
    },
    /no place for "videos"/,
  ],
  ['a film of chat', { ...chat(u('<video>What?'), a('x')), videos: ['a.mp4'] }, /no place for "videos"/],
  ['a sound of chat', { ...chat(u('<audio>What?'), a('x')), audios: ['a.mp3'] }, /no place for "audios"/],
  ['a completion that is a list', { prompt: 'q', completion: ['x'] }, /prompt or the completion is not text/],
  ['an example of half its loss', chat(u('q'), a('x', { loss_weight: 0.5 })), /weight other than 0 and 1/],
  ['tools that are no list', { question: 'q', answer: 'x', tools: 'a hammer' }, /tools are not a list/],
  ['a history without answers', { instruction: 'q', output: 'x', history: ['before'] }, /history is not a list/],
  [
    'a call that is no JSON',
    {
      conversations: [
        { from: 'human', value: 'q' },
        { from: 'function_call', value: 'add(1)' },
      ],
    },
    /call names no function/,
  ],
  [
    'a result without a call',
    {
      conversations: [
        { from: 'human', value: 'q' },
        { from: 'observation', value: '2' },
        { from: 'gpt', value: 'x' },
      ],
    },
    /result cannot be told/,
  ],
  [
    'an unknown author',
    {
      conversations: [
        { from: 'narrator', value: 'q' },
        { from: 'gpt', value: 'x' },
      ],
    },
    /unknown author/,
  ],
  ['an unknown part', chat(u([{ type: 'hologram', hologram: 'x' }]), a('x')), /kind that cannot be converted/],
  ['an answer that says nothing', { question: 'q', answer: ' ' }, /question or the answer is empty/],
  ['two answers that are the same', { prompt: 'q', chosen: 'x', rejected: 'x' }, /the same/],
  [
    'two answers to other questions',
    { prompt: 'q', chosen: [u('other'), a('x')], rejected: [u('other'), a('y')] },
    /another conversation/,
  ],
  ['a template that breaks off', { text: '<|im_start|>user\nq<|im_end|>\nrest' }, /chat template/],
  ['another system message', { system: 's', ...chat(s('t'), u('q'), a('x')) }, /another system message/],
  ['a control token', { question: 'q <|endoftext|>', answer: 'x' }, /endoftext/],
  ['a question with choices', { question: 'q', choices: ['x', 'y'], answer: 1 }, /no place for "choices"/],
  [
    'two system prompts',
    { system: 's', system_prompt: 'other', question: 'q', answer: 'a' },
    /no place for "system_prompt"/,
  ],
  ['a history beside messages', { history: [['x', 'y']], ...chat(u('q'), a('a')) }, /no place for "history"/],
  [
    'tools and functions',
    { prompt: 'q', completion: 'a', tools: [{ name: 'f' }], functions: [{ name: 'g' }] },
    /no place for "functions"/,
  ],
  ['a batch request', { custom_id: 'a', body: {} }, /batch request/],
  ['words', { note: 'x' }, /cannot be converted/],
];
