import { describe, expect, it } from 'vitest';
import { estimateInference } from '../../../../src/core/cost/inference.ts';

describe('what an evaluation costs', () => {
  it('is input and output of every model by its own price', () => {
    // 1M × $0.30 + 0.5M × $1.20, and 1M × $0.80 + 0.5M × $3.20
    const estimate = estimateInference(['gpt-4o-mini-2024-07-18', 'gpt-4.1-mini-2025-04-14'], 1_000_000, 500_000);
    expect(estimate.usd).toBeCloseTo(0.9 + 2.4, 10);
    expect(estimate.sentence).toContain('$3.30');
  });

  it("takes a fine-tuned model's base", () => {
    expect(estimateInference(['ft:gpt-4o-mini-2024-07-18:o::id'], 1_000_000, 0).usd).toBeCloseTo(0.3, 10);
  });

  it('is free on this machine and without a model', () => {
    expect(estimateInference(['gpt-4o-2024-08-06'], 1e6, 1e6, { connection: 'local' }).usd).toBe(0);
    expect(estimateInference([], 1e6, 1e6).usd).toBe(0);
  });

  it('says when a price is not known instead of guessing', () => {
    expect(estimateInference(['gpt-4o-2024-08-06', 'mystery'], 1e6, 1e6)).toMatchObject({ usd: null });
  });
});
