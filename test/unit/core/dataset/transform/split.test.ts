import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatExample } from '../../../../../src/core/dataset/example.ts';
import { answerOf, hashText, promptKey } from '../../../../../src/core/dataset/identity.ts';
import { splitRows } from '../../../../../src/core/dataset/transform/split.ts';
import { createRandom } from '../../../../../src/core/base/random.ts';

describe('splitting rows', () => {
  it('puts equal prompts on one side, every row somewhere, and neither side empty', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 12 }).map(String)),
        fc.double({ min: -1, max: 2 }),
        fc.integer(),
        (keys, share, seed) => {
          const chosen = splitRows(keys, share, seed);
          expect(chosen).toHaveLength(keys.length);
          for (const key of new Set(keys)) expect(new Set(chosen.filter((_, row) => keys[row] === key)).size).toBe(1);
          if (new Set(keys).size >= 2) expect(new Set(chosen)).toEqual(new Set([true, false]));
          else expect(chosen.includes(true)).toBe(false);
          expect(splitRows(keys, share, seed)).toEqual(chosen);
        },
      ),
    );
  });

  it('takes the share it is asked for when prompts differ', () => {
    const keys = Array.from({ length: 500 }, (_, n) => String(n));
    const chosen = splitRows(keys, 0.1, 42);
    expect(chosen.filter(Boolean)).toHaveLength(50);
    expect(splitRows(keys, 0.1, 43)).not.toEqual(chosen);
    // Not simply the end of the file.
    expect(chosen.slice(0, 250).filter(Boolean).length).toBeGreaterThan(10);
  });

  it('does not overshoot with a group larger than the share', () => {
    const keys = [...Array.from({ length: 90 }, () => 'same'), ...Array.from({ length: 10 }, (_, n) => String(n))];
    for (let seed = 0; seed < 20; seed += 1)
      expect(splitRows(keys, 0.1, seed).filter(Boolean).length).toBeLessThanOrEqual(10);
  });
});

describe('what makes two prompts equal', () => {
  const example = (content: string, answer: string, system?: string): ChatExample => ({
    messages: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      { role: 'user', content },
      { role: 'assistant', content: answer },
    ],
  });

  it('is everything before the answer, white space at the ends and the answer apart', () => {
    expect(promptKey(example('a', '1'))).toBe(promptKey(example(' a\n', '2')));
    expect(promptKey(example('a', '1'))).not.toBe(promptKey(example('b', '1')));
    expect(promptKey(example('a', '1'))).not.toBe(promptKey(example('a', '1', 'be brief')));
    expect(
      promptKey({
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'a' }] },
          { role: 'assistant', content: '3' },
        ],
      }),
    ).toBe(promptKey(example('a', '1')));
  });

  it('sees images', () => {
    const image = (url: string): ChatExample => ({
      messages: [
        { role: 'user', content: [{ type: 'image_url', image_url: { url } } as never] },
        { role: 'assistant', content: 'x' },
      ],
    });
    expect(promptKey(image('a'))).not.toBe(promptKey(image('b')));
  });

  it('has no collisions among a hundred thousand short texts', () => {
    expect(new Set(Array.from({ length: 100_000 }, (_, n) => hashText(`row ${String(n)}`))).size).toBe(100_000);
  });

  it('takes the last assistant message as the answer, a tool call as its JSON', () => {
    expect(
      answerOf({
        messages: [
          { role: 'assistant', content: '1' },
          { role: 'user', content: 'q' },
          { role: 'assistant', content: '2' },
        ],
      }),
    ).toBe('2');
    expect(answerOf({ messages: [{ role: 'user', content: 'q' }] })).toBeNull();
    expect(
      answerOf({
        messages: [
          { role: 'assistant', content: null, tool_calls: [{ function: { name: 'f', arguments: '{"a":1}' } }] },
        ],
      }),
    ).toBe('[{"name":"f","arguments":"{\\"a\\":1}"}]');
  });
});

describe('seeded random numbers', () => {
  it('are the same on every machine', () => {
    const random = createRandom(42);
    expect([random.next(), random.next()].map((value) => value.toFixed(10))).toEqual(['0.6011037519', '0.4482905590']);
  });

  it('are spread evenly and shuffles lose nothing', () => {
    const random = createRandom(1);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 40_000; i += 1) {
      const drawn = random.integer(4);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    // Five standard deviations of a binomial count are 433.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(433);
    expect([...random.shuffle([1, 2, 3, 4, 5])].sort()).toEqual([1, 2, 3, 4, 5]);
    expect(() => random.pick([])).toThrow(RangeError);
  });
});
