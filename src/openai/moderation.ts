/** Codes of OpenAI and Azure for one prompt that is refused because of its content. */
const CODES: ReadonlySet<string> = new Set([
  'content_filter',
  'content_policy_violation',
  'invalid_prompt',
  'moderation_blocked',
  'ResponsibleAIPolicyViolation',
]);
/** Wording of gateways that give no code. */
const WORDS =
  /\b(?:moderation|flagged|content[ _](?:filter\w*|policy|policies|management policy)|usage polic(?:y|ies))\b/i;
/** Wording for a flagged account, which is another matter: nothing works for it. */
const ACCOUNT = /\byour (?:account|access|organi[sz]ation|project)\b/i;

/** Tells whether a refusal is about the prompt, so that other prompts may be answered. */
export function isModeration(status: number, code: string | null, said: string): boolean {
  if (code !== null && CODES.has(code)) return true;
  return (status === 400 || status === 403) && WORDS.test(said) && !ACCOUNT.test(said);
}
