// Readers for arbitrary values from a provider: each returns a value of its type or the fallback and never throws.
import * as z from 'zod/mini';

export const text = z.catch(z.nullable(z.string()), null);
export const count = z.catch(z.nullable(z.number().check(z.refine((value) => Number.isFinite(value)))), null);
export const texts = z.catch(z.array(z.string()), []);
export const list = z.catch(z.array(z.unknown()), []);

/** Object with any keys, or an empty one. */
export const record = z.catch(z.record(z.string(), z.unknown()), {});

/** Loss or accuracy: finite and not negative; `-1` and `NaN` mean "none" at several providers. */
export const figure = z.catch(
  z.nullable(z.number().check(z.refine((value) => Number.isFinite(value) && value >= 0))),
  null,
);

/** Step number: a whole number that is not negative. */
export const step = z.catch(
  z.nullable(z.number().check(z.refine((value) => Number.isSafeInteger(value) && value >= 0))),
  null,
);

/** Hyperparameter: `auto` or a number, also one written as text. */
export const hyperparameter = z.catch(
  z.pipe(
    z.union([z.number(), z.string()]),
    z.transform((value): number | 'auto' => {
      const number = typeof value === 'number' ? value : Number(value.trim() === '' ? NaN : value);
      return Number.isFinite(number) ? number : 'auto';
    }),
  ),
  'auto',
);
