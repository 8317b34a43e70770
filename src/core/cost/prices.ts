// Training prices published on the date below, in US dollars for a million trained tokens.

export interface ModelPrice {
  /** US dollars for a million trained tokens. */
  readonly training: number;
  /** US dollars for a million tokens of prompts; null when unknown. */
  readonly input: number | null;
  /** US dollars for a million tokens of replies; null when unknown. */
  readonly output: number | null;
}

export interface PriceTable {
  /** Date of the prices: YYYY-MM or YYYY-MM-DD. */
  readonly date: string;
  /** Prices by the model's full name. */
  readonly models: Readonly<Record<string, ModelPrice>>;
}

export const PRICES: PriceTable = {
  date: '2026-11',
  models: {
    'gpt-4.1-2025-04-14': { training: 25, input: 3, output: 12 },
    'gpt-4.1-mini-2025-04-14': { training: 5, input: 0.8, output: 3.2 },
    'gpt-4.1-nano-2025-04-14': { training: 1.5, input: 0.2, output: 0.8 },
    'gpt-4o-2024-08-06': { training: 25, input: 3.75, output: 15 },
    'gpt-4o-mini-2024-07-18': { training: 3, input: 0.3, output: 1.2 },
    'gpt-3.5-turbo': { training: 8, input: 3, output: 6 },
  },
};

/**
 * Overrides the built-in prices with the user's own (US dollars for a million trained tokens, by model). A price for training says
 * nothing about the price of a request: where the built-in table has none, it stays unknown.
 */
export function priceTable(own: Readonly<Record<string, number>>): PriceTable {
  const models = { ...PRICES.models };
  for (const [model, training] of Object.entries(own)) {
    const known = priceOf(model);
    models[model] = { training, input: known?.input ?? null, output: known?.output ?? null };
  }
  return { ...PRICES, models };
}

/** Price by the name, a dated snapshot of it (`gpt-3.5-turbo-0125`), the undated alias, or a fine-tuned model's base. Null when unknown. */
export function priceOf(model: string, table: PriceTable = PRICES): ModelPrice | null {
  return lookUp(table.models, model);
}

/** Looks up a model in a table by names; see `priceOf`. */
export function lookUp<T>(models: Readonly<Record<string, T>>, model: string): T | null {
  const base = model.startsWith('ft:') ? (model.split(':')[1] ?? '') : model;
  if (Object.hasOwn(models, base)) return models[base] ?? null;
  for (const [name, value] of Object.entries(models)) {
    if (undatedName(name) === base || name === undatedName(base)) return value;
  }
  return null;
}

/** Name without `-2024-07-18` or `-0125` at its end. */
export function undatedName(model: string): string {
  return model.replace(/-(?:\d{4}-\d{2}-\d{2}|\d{4})$/, '');
}
