import { untrustedText } from './untrustedText.ts';

/** Makes a name, possibly a server's, safe for a file or a tab: no separators, no dots in front, never empty. */
export function safeFileName(name: string): string {
  const safe = untrustedText(name, [], 60)
    .replace(/[^\p{L}\p{N} ._-]+/gu, '_')
    .replace(/^[. ]+|[. ]+$/g, '');
  // Windows knows some names as devices.
  return safe === '' || /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(safe) ? `job ${safe}`.trim() : safe;
}
