import { t, tn } from './messages.ts';
import { decimals } from './numbers.ts';

/** Size in words: `312 bytes`, `48 kB`, `4.2 MB`, `1.3 GB`. */
export function bytesInWords(bytes: number): string {
  if (bytes < 1000) return tn(bytes, '{0} byte', '{0} bytes');
  if (bytes < 1e6) return t('{0} kB', Math.round(bytes / 1000));
  return bytes < 1e9 ? t('{0} MB', decimals(bytes / 1e6, 1)) : t('{0} GB', decimals(bytes / 1e9, 1));
}
