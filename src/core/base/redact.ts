// One redactor for everything that may be read by somebody else: logs, notifications, journals, exports.

const REMOVED = '[redacted]';

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // OpenAI and look-alikes: sk-…, sk-proj-…; OpenAI masks keys in its own messages with asterisks (sk-ab***yz).
  [/\b(sk|rk|pk)-[\w*-]{6,}/gi, REMOVED],
  [/\b(bearer|basic)\s+[\w.~+/=*-]{6,}/gi, `$1 ${REMOVED}`],
  [
    /((?:x-)?api[-_ ]?key|authorization|access[-_]?token|secret|password|cookie)(["']?\s*[:=]\s*["']?)(?!bearer\b|basic\b|\[redacted)[^\s"',;}&]{4,}/gi,
    `$1$2${REMOVED}`,
  ],
  // A Weights & Biases key is 40 hexadecimal digits.
  [/\b[0-9a-f]{40}\b/gi, REMOVED],
  [/\b(https?:\/\/)[^\s/@]+@/gi, `$1${REMOVED}@`],
  // Values in the query of an address.
  [/([?&][\w.[\]-]+=)[^\s&#"']+/g, `$1${REMOVED}`],
];

/** The text without keys. `secrets`: values known to be secret, whatever they look like (the local server's token). */
export function redact(text: string, secrets: readonly (string | null | undefined)[] = []): string {
  let clean = text;
  for (const secret of secrets) {
    // Shorter ones would tear holes into ordinary words and are no keys.
    if (secret && secret.length >= 8) clean = clean.split(secret).join(REMOVED);
  }
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  return clean;
}

/** Control characters, direction marks and invisible characters: nothing a sentence needs, everything a trick needs. */
// eslint-disable-next-line no-control-regex -- control characters are what must go
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]+/g;

/** Text that a server wrote, made fit to stand in a sentence of ours: one line, no keys, `limit` characters at most. */
export function untrustedText(text: string, secrets: readonly (string | null | undefined)[] = [], limit = 300): string {
  // Cut before the patterns run: a megabyte of a hostile message must not cost time.
  const line = redact(
    text
      .slice(0, limit * 8)
      .replace(HIDDEN, ' ')
      // Half of a pair is no character, and the cut above may have made one.
      .replace(/\p{Surrogate}/gu, '\uFFFD')
      .replace(/ {2,}/g, ' ')
      .trim(),
    secrets,
  );
  if (line.length <= limit) return line;
  const cut = line.slice(0, limit - 1);
  // Never half a surrogate pair.
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
