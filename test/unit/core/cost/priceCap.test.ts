import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { priceRefusal, type PriceRefusal, type Spending } from '../../../../src/core/cost/priceCap.ts';

const above = (limit: number, limitFrom: 'cap' | 'override'): PriceRefusal => ({
  reason: 'above-limit',
  limit,
  limitFrom,
});
const unknown = (limit: number, limitFrom: 'cap' | 'override'): PriceRefusal => ({
  reason: 'unknown-amount',
  limit,
  limitFrom,
});

const amount = fc.double({ min: 0, max: 1e9, noNaN: true });
const limit = fc.option(fc.oneof(amount, fc.constant(Infinity)));

describe('a price cap', () => {
  it.each<[string, Spending, PriceRefusal | null]>([
    ['allows anything when nobody set one', { usd: 1e9, cap: null }, null],
    ['allows an unknown amount when nobody set one', { usd: null, cap: null }, null],
    ['allows what is below it', { usd: 4.99, cap: 5 }, null],
    ['allows exactly as much', { usd: 5, cap: 5 }, null],
    ['refuses more', { usd: 5.01, cap: 5 }, above(5, 'cap')],
    ['refuses an unknown amount, which it cannot bound', { usd: null, cap: 5 }, unknown(5, 'cap')],
    ['refuses what is no number', { usd: NaN, cap: 5 }, unknown(5, 'cap')],
    ['of nothing refuses everything that costs', { usd: 0.001, cap: 0 }, above(0, 'cap')],
    ['gives way to a higher amount allowed for this start', { usd: 6, cap: 5, override: 7 }, null],
    ['gives way to a lower one', { usd: 4, cap: 5, override: 3 }, above(3, 'override')],
    ['gives way to no amount at all', { usd: 4, cap: 5, override: 0 }, above(0, 'override')],
    ['gives way to any amount', { usd: 1e9, cap: 5, override: Infinity }, null],
    ['gives way to any amount, even unknown', { usd: null, cap: 5, override: Infinity }, null],
    ['is not needed for a limit of one start', { usd: 4, cap: null, override: 3 }, above(3, 'override')],
    ['is no help against an unknown amount either', { usd: null, cap: null, override: 3 }, unknown(3, 'override')],
  ])('%s', (_, spending, expected) => {
    expect(priceRefusal(spending)).toEqual(expected);
  });

  it('never refuses what is free', () => {
    fc.assert(
      fc.property(limit, limit, (cap, override) => {
        expect(priceRefusal({ usd: 0, cap, override })).toBe(null);
      }),
    );
  });

  it('never lets more through than the limit that counts', () => {
    fc.assert(
      fc.property(fc.option(amount), limit, limit, (usd, cap, override) => {
        const limited = override ?? cap;
        if (priceRefusal({ usd, cap, override }) !== null || limited === null || limited === Infinity) return;
        expect(usd).not.toBe(null);
        expect(usd).toBeLessThanOrEqual(limited);
      }),
    );
  });
});
