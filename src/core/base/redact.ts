// Single redactor for all texts that may leave the machine: logs, notifications, journals, exports.

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

/** Removes keys from a text. `secrets`: values known to be secret, in any form (the local server's token). */
export function redact(text: string, secrets: readonly (string | null | undefined)[] = []): string {
  let clean = text;
  for (const secret of secrets) {
    // Shorter values are no keys, and removing them would damage ordinary words.
    if (secret && secret.length >= 8) clean = clean.split(secret).join(REMOVED);
  }
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  return clean;
}
