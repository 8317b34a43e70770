import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { automaticEpochs, dollars, estimateCost } from '../../../../src/core/cost/estimate.ts';
import { priceOf, PRICES } from '../../../../src/core/cost/prices.ts';

describe('what training costs', () => {
  it('is tokens × epochs × price', () => {
    expect(estimateCost('gpt-4o-mini-2024-07-18', 46_018, 1)).toEqual({
      trainedTokens: 46_018,
      usd: 0.138054,
      priceDate: PRICES.date,
      sentence: `About $0.14: 46,018 tokens at $3.00 per million (prices of ${PRICES.date}).`,
    });
    expect(estimateCost('gpt-4.1-2025-04-14', 1_000_000, 3).usd).toBe(75);
  });

  it('is free on this machine, whatever the model is called', () => {
    expect(estimateCost('gpt-4o-mini', 10, 2, { connection: 'local' })).toEqual({
      trainedTokens: 20,
      usd: 0,
      priceDate: null,
      sentence: 'Free: 20 tokens trained on this machine.',
    });
  });

  it('is unknown for an unknown model, and says so', () => {
    const cost = estimateCost('llama-3-8b', 1000, 3);
    expect(cost).toMatchObject({ usd: null, priceDate: null, trainedTokens: 3000 });
    expect(cost.sentence).toContain('Price unknown for llama-3-8b');
    for (const model of ['', 'constructor', '__proto__', 'ft:', 'gpt', 'gpt-4o-mini-2024-07-18-x'])
      expect(estimateCost(model, 1, 1).usd).toBeNull();
  });

  it.each(['compatible', 'azure', 'nebius'] as const)('says whose prices these are on %s', (connection) => {
    expect(estimateCost('gpt-4o-mini', 1e6, 1, { connection }).sentence).toContain("this provider's may differ");
    expect(estimateCost('gpt-4o-mini', 1e6, 1, { connection: 'openai' }).sentence).not.toContain('may differ');
  });

  it('takes a table of the user', () => {
    const prices = { date: '2030-01-01', models: { mine: { training: 2, input: 0, output: 0 } } };
    expect(estimateCost('mine', 500_000, 2, { prices })).toMatchObject({ usd: 2, priceDate: '2030-01-01' });
    expect(estimateCost('gpt-4o-mini', 1, 1, { prices }).usd).toBeNull();
  });

  it.each([
    ['gpt-4o-mini-2024-07-18', 3],
    ['gpt-4o-mini', 3],
    ['gpt-4o', 25],
    ['gpt-3.5-turbo-0125', 8],
    ['gpt-4.1-nano', 1.5],
    ['ft:gpt-4o-mini-2024-07-18:personal:pricer:AbCd1234', 3],
  ])('%s is found in the table', (model, training) => {
    expect(priceOf(model)?.training).toBe(training);
  });

  it.each([
    [0, '$0.00'],
    [0.001, '$0.001'],
    [0.004_21, '$0.0043'],
    [0.000_012, '$0.000012'],
    [0.009_95, '$0.01'],
    [0.999, '$1.00'],
    [1234.5, '$1,234.50'],
    [1999.999, '$2,000.00'],
  ])('%d is written %s', (usd, text) => {
    expect(dollars(usd)).toBe(text);
  });
});

describe('automatic epochs', () => {
  it.each([
    [10, 10],
    [20, 5],
    [33, 4],
    [34, 3],
    [500, 3],
    [8_333, 3],
    [8_334, 2],
    [12_501, 1],
    [1_000_000, 1],
    [1, 25],
    [0, 3],
  ])('%i examples: %i', (examples, epochs) => {
    expect(automaticEpochs(examples)).toBe(epochs);
  });

  it('are always 1 to 25', () => {
    fc.assert(
      fc.property(fc.nat(), (examples) => {
        const epochs = automaticEpochs(examples);
        expect(Number.isInteger(epochs) && epochs >= 1 && epochs <= 25).toBe(true);
      }),
    );
  });

  it('says how many of the tokens are tool definitions and calls, and that they are an estimate', () => {
    const plain = estimateCost('gpt-4o-mini', 1000, 3);
    const cost = estimateCost('gpt-4o-mini', 1000, 3, { toolTokensPerEpoch: 600 });
    expect(cost.usd).toBe(plain.usd);
    expect(cost.sentence).toBe(
      `${plain.sentence} This includes 1,800 tokens of tool definitions and calls, an estimate until a bill confirms it.`,
    );
    expect(estimateCost('gpt-4o-mini', 1000, 3, { toolTokensPerEpoch: 0 }).sentence).toBe(plain.sentence);
  });
});
