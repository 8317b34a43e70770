/** Codes of OpenAI and Azure for one prompt that is refused for what it says. */
const CODES: ReadonlySet<string> = new Set([
  'content_filter',
  'content_policy_violation',
  'invalid_prompt',
  'moderation_blocked',
  'ResponsibleAIPolicyViolation',
]);
/** How gateways say it that give no code. */
const WORDS =
  /\b(?:moderation|flagged|content[ _](?:filter\w*|policy|policies|management policy)|usage polic(?:y|ies))\b/i;
/** An account that was flagged is another matter: nothing works for it. */
const ACCOUNT = /\byour (?:account|access|organi[sz]ation|project)\b/i;

/** Whether a refusal is about the prompt: other prompts may well be answered. */
export function isModeration(status: number, code: string | null, said: string): boolean {
  if (code !== null && CODES.has(code)) return true;
  return (status === 400 || status === 403) && WORDS.test(said) && !ACCOUNT.test(said);
}
