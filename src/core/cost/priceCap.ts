// Decides whether an amount may be spent. The editor and the command line both ask here and differ only in their words.

export interface Spending {
  /** Estimate in US dollars; 0 is free; null when the price is unknown. */
  readonly usd: number | null;
  /** User's cap for every start and evaluation, in US dollars; null without one. */
  readonly cap: number | null;
  /** Limit for this one alone, in US dollars; it overrides the cap, up or down. Infinity allows any amount, known or not. */
  readonly override?: number | null;
}

export interface PriceRefusal {
  /** Reason of the refusal. `unknown-amount`: no limit can bound an unknown price. */
  readonly reason: 'above-limit' | 'unknown-amount';
  /** Limit that decided, in US dollars. */
  readonly limit: number;
  readonly limitFrom: 'cap' | 'override';
}

/** Reason why an amount must not be spent; null when it may be. Free requests are never refused. */
export function priceRefusal({ usd, cap, override = null }: Spending): PriceRefusal | null {
  const limit = override ?? cap;
  if (usd === 0 || limit === null || limit === Infinity) return null;
  const limitFrom = override === null ? 'cap' : 'override';
  if (usd === null || Number.isNaN(usd)) return { reason: 'unknown-amount', limit, limitFrom };
  return usd > limit ? { reason: 'above-limit', limit, limitFrom } : null;
}
