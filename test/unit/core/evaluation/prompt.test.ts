import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatExample } from '../../../../src/core/dataset/example.ts';
import { promptOf, sharedFirstLine, titleOf, toTestItems } from '../../../../src/core/evaluation/prompt.ts';

const example = (question: string, answer: string): ChatExample => ({
  messages: [
    { role: 'system', content: 'You know prices.' },
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ],
});

describe('what a model is asked', () => {
  it('is the conversation without the answer', () => {
    expect(promptOf(example('q', 'SECRET'), null)).toEqual([
      { role: 'system', content: 'You know prices.' },
      { role: 'user', content: 'q' },
    ]);
  });

  it('ends in the answer’s prefix when one is kept', () => {
    expect(promptOf(example('q', 'Price is $5'), 'Price is $')?.at(-1)).toEqual({
      role: 'assistant',
      content: 'Price is $',
    });
    expect(promptOf(example('q', 'Price is $5'), '')?.at(-1)?.role).toBe('user');
  });

  it('keeps earlier turns, without their weights, and drops all that follows the answer', () => {
    const messages = promptOf(
      {
        messages: [
          { role: 'user', content: '1' },
          { role: 'assistant', content: '2', weight: 0 },
          { role: 'user', content: '3' },
          { role: 'assistant', content: 'SECRET' },
        ],
      },
      null,
    );
    expect(messages).toEqual([
      { role: 'user', content: '1' },
      { role: 'assistant', content: '2' },
      { role: 'user', content: '3' },
    ]);
    expect(promptOf({ messages: [{ role: 'user', content: '1' }] }, null)).toBeNull();
  });

  it('never holds the answer, for any conversation', () => {
    const message = fc.record({
      role: fc.constantFrom('system' as const, 'user' as const, 'assistant' as const),
      content: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(message), fc.option(fc.constant('Price is $')), (before, prefix) => {
        const whole: ChatExample = { messages: [...before, { role: 'assistant', content: 'SECRET-4711' }] };
        const [item] = toTestItems([{ line: 3, example: whole }], prefix);
        expect(item?.truth).toBe('SECRET-4711');
        expect(JSON.stringify([item?.messages, item?.title])).not.toContain('SECRET-4711');
        expect(item?.messages).toHaveLength(before.length + (prefix === null ? 0 : 1));
      }),
    );
  });
});

describe('titles for tables', () => {
  it('leave out the line that all questions begin with', () => {
    const items = toTestItems(
      [
        { line: 1, example: example('How much is it?\n\nA red kettle\nIt is red.', '1') },
        { line: 3, example: example('How much is it?\n\nA blue kettle, large', '2') },
      ],
      null,
    );
    expect(items.map(({ index, line, title }) => [index, line, title])).toEqual([
      [0, 1, 'A red kettle'],
      [1, 3, 'A blue kettle, large'],
    ]);
  });

  it.each([
    [['a', 'a'], null],
    [['How?\nx'], null],
    [['How?\nx', 'How?'], null],
    [['How?\nx', 'How?\r\ny'], 'How?'],
    [['How?\nx', 'Why?\ny'], null],
    [['\n\nHow?\nx', 'How?\ny'], 'How?'],
    [[], null],
  ])('%j share the line %j', (questions, shared) => {
    expect(sharedFirstLine(questions)).toBe(shared);
  });

  it('are one short line of whole words and characters', () => {
    expect(titleOf('a\t b\u0000c\u202e  d\nnext', null)).toBe('a b c d');
    expect(titleOf('word '.repeat(40), null)).toBe(`${'word '.repeat(16).trim()}…`);
    expect(titleOf('', null)).toBe('');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const title = titleOf(text, null);
        expect(title.length).toBeLessThanOrEqual(81);
        expect(title).not.toMatch(/[\r\n\t]/);
        expect(title).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });
});
