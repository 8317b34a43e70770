import { describe, expect, it } from 'vitest';
import { estimateCost } from '../../../../src/core/cost/estimate.ts';
import { estimateInference } from '../../../../src/core/cost/inference.ts';
import { priceOf, priceTable } from '../../../../src/core/cost/prices.ts';

describe("a training price of one's own", () => {
  const table = priceTable({ 'llama-3-70b': 2, 'gpt-4o-mini-2024-07-18': 4 });

  it('says nothing about what asking costs', () => {
    expect(priceOf('llama-3-70b', table)).toEqual({ training: 2, input: null, output: null });
    const asked = estimateInference([{ model: 'ft:llama-3-70b:o::id', inputTokens: 70e6, outputTokens: 4000 }], {
      prices: table,
    });
    expect(asked.usd).toBeNull();
    expect(asked.sentence).toContain('Price unknown for ft:llama-3-70b:o::id');
  });

  it('counts for training, and leaves a known price for asking as it is', () => {
    expect(estimateCost('llama-3-70b', 1e6, 2, { prices: table }).usd).toBe(4);
    expect(priceOf('gpt-4o-mini-2024-07-18', table)).toEqual({ training: 4, input: 0.3, output: 1.2 });
  });
});
