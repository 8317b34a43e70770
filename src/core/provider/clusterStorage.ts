import { t } from '../base/messages.ts';

/** Workers that a job may have: more is probably a typing error. */
const MOST_WORKERS = 4096;

/** Reason why a text is no storage that a cluster and this machine could share; null when it may be one. */
export function whyNoStorage(typed: string): string | null {
  const text = typed.trim();
  if (text === '') return t('Enter a folder or an address that this machine and every node reach.');
  if (/\p{Cc}/u.test(text)) return t('This is no path: it has characters that cannot be seen.');
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text);
  // Whoever has a password puts it where the storage's own library looks for it.
  if (scheme !== null)
    return /^[^/]*:\/\/[^/]*@/.test(text)
      ? t('Leave out user name and password: they would be written into a file.')
      : null;
  return /^(\/|[a-z]:[\\/]|\\\\)/i.test(text)
    ? null
    : t('Enter an absolute folder, or an address such as {0}.', 's3://bucket/tuning-fork');
}

/** Reason why a text is no number of workers; null when it is one. */
export function whyNoWorkers(typed: string): string | null {
  const workers = Number(typed.trim());
  return /^\d+$/.test(typed.trim()) && workers >= 1 && workers <= MOST_WORKERS
    ? null
    : t('Enter a whole number from {0} to {1}.', 1, MOST_WORKERS);
}
