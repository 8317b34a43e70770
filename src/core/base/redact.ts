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
