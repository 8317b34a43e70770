import { describe, expect, it } from 'vitest';
import { textOf } from '../../../../../src/core/dataset/example.ts';
import type { Completion, CompletionRequest } from '../../../../../src/local/engines/engine.ts';
import { LinearEngine } from '../../../../../src/local/engines/linear/linearEngine.ts';
import {
  answer,
  example,
  intents,
  lastModel,
  priceRatio,
  prices,
  shuffledAnswers,
  train,
  UNSTOPPED,
} from '../../support.ts';

describe('training', () => {
  it('gives the same model bit for bit for the same file, hyperparameters and seed, and another for another seed', () => {
    const rows = prices(60);
    const options = { hyperparameters: { nEpochs: 2, batchSize: 4 } };
    const first = lastModel(train(rows, { ...options, seed: 7 }));
    expect(Buffer.compare(first, lastModel(train(rows, { ...options, seed: 7 })))).toBe(0);
    expect(Buffer.compare(first, lastModel(train(rows, { ...options, seed: 8 })))).not.toBe(0);
  });

  it.each([
    [20, 1, 3, 60],
    [20, 8, 3, 9],
    [21, 20, 2, 4],
    [20, 256, 5, 5],
  ])('takes epochs × ceil(n / batch) steps: %i rows, batch %i, %i epochs', (rows, batchSize, nEpochs, steps) => {
    const trained = train(prices(rows), { hyperparameters: { nEpochs, batchSize, learningRateMultiplier: 1 } });
    expect(trained.totalSteps).toBe(steps);
    expect(trained.metrics.map(({ step }) => step)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
    expect(trained.models).toHaveLength(nEpochs);
    expect(trained.finished).toBe(true);
  });

  it('draws another curve with another learning rate, and with another batch size', () => {
    const rows = prices(60);
    const curve = (learningRateMultiplier: number, batchSize: number): number[] =>
      train(rows, { hyperparameters: { nEpochs: 2, batchSize, learningRateMultiplier } }).metrics.map(
        ({ train_loss }) => train_loss,
      );
    const usual = curve(1, 4);
    const slow = curve(0.1, 4);
    expect(slow[0]).toBe(usual[0]);
    expect(slow.slice(1)).not.toEqual(usual.slice(1));
    const mean = (losses: number[]): number => losses.slice(-15).reduce((sum, loss) => sum + loss, 0) / 15;
    expect(mean(usual)).toBeLessThan(mean(slow));
    expect(curve(1, 1)).toHaveLength(120);
  });

  it('lowers the loss on rows it has not seen, and reports it for batches and for the whole set at the end of each epoch', () => {
    const trained = train(prices(200), {
      validation: prices(50, 1000),
      hyperparameters: { nEpochs: 3, batchSize: 10 },
    });
    const full = trained.metrics.filter(({ full_valid_loss }) => full_valid_loss !== undefined);
    expect(full.map(({ step }) => step)).toEqual([20, 40, 60]);
    const before = Number(/loss is (\d+\.\d+)/u.exec(trained.notices.map(({ message }) => message).join('\n'))?.[1]);
    expect(full.at(-1)?.full_valid_loss).toBeLessThan(before - 0.2);
    expect(trained.metrics.every(({ valid_loss }) => valid_loss !== undefined)).toBe(true);
    for (const { train_mean_token_accuracy } of trained.metrics) {
      expect(train_mean_token_accuracy).toBeGreaterThanOrEqual(0);
      expect(train_mean_token_accuracy).toBeLessThanOrEqual(1);
    }
  });

  it('stops before its next step when told to', () => {
    const trained = train(prices(100), {
      hyperparameters: { nEpochs: 5, batchSize: 1, learningRateMultiplier: 1 },
      stopAfter: 7,
    });
    expect(trained.finished).toBe(false);
    expect(trained.metrics).toHaveLength(7);
  });

  it('predicts prices far better than the constant, and loses the advantage when the answers are shuffled', async () => {
    const rows = prices(200);
    const test = prices(80, 5000);
    expect(await priceRatio(lastModel(train(rows)), rows, test)).toBeLessThan(0.35);
    const shuffled = shuffledAnswers(rows, 3);
    const trained = train(shuffled);
    const ratio = await priceRatio(lastModel(trained), shuffled, test);
    expect(ratio).toBeGreaterThan(0.85);
    expect(ratio).toBeLessThan(1.15);
  });

  it('tells classes apart', async () => {
    const model = lastModel(train(intents(120, 1)));
    const test = intents(80, 2);
    const said = await Promise.all(test.map((item) => answer(model, item)));
    const right = test.filter((item, index) => said[index] === item.messages.at(-1)?.content).length;
    expect(right / test.length).toBeGreaterThan(0.9);
  });

  it('says so when nothing in the prompts helps', () => {
    const warnings = train(shuffledAnswers(intents(400, 1), 5)).notices.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ message }) => message).join()).toMatch(/prompts hardly helped/u);
    expect(train(intents(120, 1)).notices.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('says before the first step that it will not learn long or mostly distinct answers', () => {
    const long = Array.from({ length: 20 }, (_, i) =>
      example(
        `Tell me about ${String(i)}`,
        `Once upon a time there was ${'a very long story '.repeat(12)} ${String(i)}`,
      ),
    );
    expect(train(long, { stopAfter: 1 }).notices[0]).toMatchObject({
      level: 'warn',
      message: expect.stringMatching(/long.*will not learn/u) as string,
    });
    const words = [
      'apple',
      'stone',
      'river',
      'cloud',
      'green',
      'paper',
      'light',
      'horse',
      'glass',
      'bread',
      'music',
      'north',
    ];
    const distinct = words.map((word) => example(`Say ${word}`, `The ${word} is ${word}ish`));
    expect(train(distinct, { stopAfter: 1 }).notices[0]).toMatchObject({
      level: 'warn',
      message: expect.stringMatching(/distinct.*will not learn/u) as string,
    });
    expect(
      train(prices(30), { stopAfter: 1 }).notices.filter(({ message }) => /will not learn/u.test(message)),
    ).toEqual([]);
  });

  it('survives ten rows, empty prompts, one and the same answer, and long runs of one letter', async () => {
    const same = Array.from({ length: 10 }, () => example('', 'yes'));
    expect(await answer(lastModel(train(same)), example('anything', ''))).toBe('yes');
    const odd = Array.from({ length: 10 }, (_, i) =>
      example('a'.repeat(50_000), i % 2 === 0 ? 'b'.repeat(5000) : '\uD800 half'),
    );
    expect(train(odd, { hyperparameters: { nEpochs: 1 } }).finished).toBe(true);
  });

  it('leaves out answers of weight 0 and tool calls, and learns every other turn', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => ({
      messages: [
        { role: 'user' as const, content: i % 2 ? 'ping' : 'knock' },
        { role: 'assistant' as const, content: i % 2 ? 'pong' : 'who' },
        { role: 'user' as const, content: 'and now?' },
        { role: 'assistant' as const, content: 'never', weight: 0 as const },
      ],
    }));
    const model = lastModel(train(rows));
    expect(
      await answer(model, {
        messages: [
          { role: 'user', content: 'ping' },
          { role: 'assistant', content: '' },
        ],
      }),
    ).toBe('pong');
    expect(
      await answer(model, {
        messages: [
          { role: 'user', content: 'knock' },
          { role: 'assistant', content: '' },
        ],
      }),
    ).toBe('who');
  });

  it('uses earlier turns of a conversation', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => ({
      messages: [
        { role: 'user' as const, content: `I have a ${i % 2 ? 'cat' : 'dog'}` },
        { role: 'assistant' as const, content: 'Nice.', weight: 0 as const },
        { role: 'user' as const, content: 'What do I have?' },
        { role: 'assistant' as const, content: i % 2 ? 'A cat' : 'A dog' },
      ],
    }));
    const model = lastModel(train(rows));
    expect(await Promise.all(rows.slice(0, 2).map((row) => answer(model, row)))).toEqual(['A dog', 'A cat']);
  });
});

describe('numbers', () => {
  const scaled = (text: (value: number) => string, values: readonly number[]): ReturnType<typeof example>[] =>
    Array.from({ length: 120 }, (_, i) => {
      const value = values[i % values.length] ?? 0;
      return example(
        `A thing of kind ${String.fromCharCode(97 + (i % values.length))}x and no ${String(i)}`,
        text(value * (1 + (i % 7) / 50)),
      );
    });

  it('above 999, with decimals and with thousands separators, come out in the way they were written', async () => {
    const large = scaled((value) => `$${Math.round(value).toLocaleString('en-US')}.50`, [1500, 40_000, 1_200_000]);
    const model = lastModel(train(large));
    const [first, second, third] = await Promise.all(large.slice(0, 3).map((row) => answer(model, row)));
    expect(first).toMatch(/^\$1,\d{3}\.50$/u);
    expect(second).toMatch(/^\$4\d,\d{3}\.50$/u);
    expect(third).toMatch(/^\$1,[23]\d{2},\d{3}\.50$/u);
  });

  it('below one are told apart by their decimals', async () => {
    const small = scaled((value) => value.toFixed(3), [0.02, 0.3, 2.5]);
    const model = lastModel(train(small));
    const [first, second, third] = await Promise.all(
      small.slice(0, 3).map(async (row) => Number(await answer(model, row))),
    );
    expect(first).toBeGreaterThan(0.01);
    expect(first).toBeLessThan(0.05);
    expect(second).toBeGreaterThan(0.2);
    expect(second).toBeLessThan(0.5);
    expect(third).toBeGreaterThan(2);
    expect(third).toBeLessThan(3.2);
  });

  it('are names when few and often repeated: the most probable one is said, not a median between them', async () => {
    const rows = Array.from({ length: 90 }, (_, i) =>
      example(`${['one', 'two', 'three'][i % 3] ?? ''} item ${String(i)}`, String([0, 7, 2][i % 3])),
    );
    const model = lastModel(train(rows));
    expect(await Promise.all(rows.slice(0, 3).map((row) => answer(model, row)))).toEqual(['0', '7', '2']);
  });
});

describe('completion', () => {
  const rows = prices(120);
  const model = lastModel(train(rows));
  const loaded = new LinearEngine().load(model);
  const prompt = rows[0]?.messages.slice(0, -1) ?? [];
  const base = { messages: prompt, temperature: 0, topP: 1, seed: 1, maxTokens: null, stop: [], n: 1 };
  const row = rows[0] ?? example('', '');
  const complete = async (part: Partial<CompletionRequest>): Promise<readonly Completion[]> =>
    (await loaded.complete({ ...base, ...part }, UNSTOPPED)).completions;

  it('continues a prefix without repeating it, wherever it ends', async () => {
    const whole = await answer(model, row);
    expect(whole).toMatch(/^Price is \$\d+\.\d\d$/u);
    for (const prefix of ['Price is $', 'Price is', 'Pri', 'P'])
      expect(prefix + (await answer(model, row, prefix))).toBe(whole);
  });

  it('finds its place from the end of a prefix that was no part of the training answers', async () => {
    const bare = rows.map(({ messages }) => ({
      messages: [
        ...messages.slice(0, -1),
        { role: 'assistant' as const, content: textOf(messages.at(-1) ?? { content: '' }).replace('Price is $', '') },
      ],
    }));
    const bareModel = lastModel(train(bare));
    expect(await answer(bareModel, row, 'Price is $')).toBe(await answer(bareModel, row));
    expect(await answer(bareModel, row)).toMatch(/^\d+\.\d\d$/u);
    expect(await answer(model, row, 'I think the Price is $')).toBe(await answer(model, row, 'Price is $'));
  });

  it('is the same every time at temperature 0, and by its seed above', async () => {
    const drawn = async (seed: number): Promise<string[]> =>
      (await complete({ temperature: 1, seed, n: 8 })).map(({ text }) => text);
    expect(await complete({ seed: 1 })).toEqual(await complete({ seed: 2 }));
    expect(await drawn(1)).toEqual(await drawn(1));
    expect(await drawn(1)).not.toEqual(await drawn(2));
    expect(new Set(await drawn(1)).size).toBeGreaterThan(1);
    for (const text of await drawn(3)) expect(text).toMatch(/^Price is \$\d+\.\d\d$/u);
  });

  it('honours max_tokens, stop and n', async () => {
    const [cut] = await complete({ maxTokens: 3 });
    expect(cut).toEqual({ text: 'Price is $', finishReason: 'length' });
    expect((await loaded.complete({ ...base, maxTokens: 3, n: 2 }, UNSTOPPED)).completionTokens).toBe(6);
    expect((await complete({ stop: [' $', 'zzz'] }))[0]).toMatchObject({
      text: 'Price is',
      finishReason: 'stop',
    });
    expect(await complete({ n: 3 })).toHaveLength(3);
    const whole = (await complete({ maxTokens: 7 }))[0];
    expect(whole?.finishReason).toBe('stop');
  });

  it('is given up where nobody waits for it any more, before the next piece', async () => {
    const leaving = new AbortController();
    const writing = loaded.write(base, leaving.signal);
    expect((await writing.next()).done).toBe(false);
    leaving.abort(new Error('gone'));
    await expect(writing.next()).rejects.toThrow('gone');
    expect((await writing.next()).done).toBe(true);
    await expect(loaded.complete(base, leaving.signal)).rejects.toThrow('gone');
  });

  it('refuses bytes that are no model', () => {
    expect(() => new LinearEngine().load(new Uint8Array(100))).toThrow(/Not a model file/u);
    expect(() => new LinearEngine().load(model.subarray(0, model.length - 8))).toThrow(/cut short/u);
  });
});
