import { t, tn } from './messages.ts';
import { decimals } from './numbers.ts';

/** Size in words: `312 bytes`, `48 kB`, `4.2 MB`, `3 GB`, `12 GB`; below ten of a unit with a decimal where it says something. */
export function bytesInWords(bytes: number): string {
  if (bytes < 1000) return tn(bytes, '{0} byte', '{0} bytes');
  if (bytes < 999_500) return t('{0} kB', Math.round(bytes / 1000));
  return bytes < 999.5e6 ? t('{0} MB', inShort(bytes / 1e6)) : t('{0} GB', inShort(bytes / 1e9));
}

function inShort(value: number): string {
  return decimals(value, 0, value < 9.95 ? 1 : 0);
}
