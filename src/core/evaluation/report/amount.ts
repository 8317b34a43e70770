// A file of its own: lists write figures without the code that makes headlines.
import { threeDigits, twoDecimals } from '../../base/numbers.ts';

/** Two decimals from 0.01 on, else three digits; grouped in thousands. */
export function amount(value: number): string {
  if (value !== 0 && Math.abs(value) < 0.01) return threeDigits(value);
  if (Math.abs(value) >= 1e15) return value.toExponential(3);
  return twoDecimals(value);
}
