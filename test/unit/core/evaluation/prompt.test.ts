import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatExample } from '../../../../src/core/dataset/example.ts';
import { promptOf, toTestItems } from '../../../../src/core/evaluation/prompt.ts';

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
