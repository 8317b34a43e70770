import { describe, expect, it } from 'vitest';
import { estimateInference } from '../../../../src/core/cost/inference.ts';

const asking = (model: string, inputTokens: number | null, outputTokens: number) => ({
  model,
  inputTokens,
  outputTokens,
});

describe('the price of an evaluation', () => {
  it('is input and output of every model by its own price', () => {
    // 1M × $0.30 + 0.5M × $1.20, and 1M × $0.80 + 0.5M × $3.20
    const estimate = estimateInference([
      asking('gpt-4o-mini-2024-07-18', 1_000_000, 500_000),
      asking('gpt-4.1-mini-2025-04-14', 1_000_000, 500_000),
    ]);
    expect(estimate.usd).toBeCloseTo(0.9 + 2.4, 10);
    expect(estimate.sentence).toBe('At most about $3.30: 3,000,000 tokens (prices of 2026-11).');
  });

  it("takes a fine-tuned model's base", () => {
    expect(estimateInference([asking('ft:gpt-4o-mini-2024-07-18:o::id', 1_000_000, 0)]).usd).toBeCloseTo(0.3, 10);
  });

  it('is free on this machine and without a model', () => {
    expect(estimateInference([asking('gpt-4o-2024-08-06', 1e6, 1e6)], { connection: 'local' }).usd).toBe(0);
    expect(estimateInference([]).usd).toBe(0);
  });

  it('is unknown when one price is not known', () => {
    expect(estimateInference([asking('gpt-4o-2024-08-06', 1e6, 1e6), asking('mystery', 1e6, 1e6)]).usd).toBeNull();
  });

  it('is unknown when the tokens could not be counted', () => {
    expect(estimateInference([asking('gpt-4o-2024-08-06', null, 1e6)])).toMatchObject({
      usd: null,
      sentence: 'Price unknown: the tokens of the prompts could not be counted.',
    });
  });
});
