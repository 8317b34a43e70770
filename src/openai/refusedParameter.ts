import type { SamplingParameter } from '../core/evaluation/types.ts';
import type { ProviderFailure } from '../core/provider/failure.ts';

const PARAMETERS: readonly SamplingParameter[] = ['temperature', 'seed', 'max_tokens'];
const CODES: ReadonlySet<string> = new Set(['unsupported_parameter', 'unsupported_value']);
const WORDS = /unsupported|unrecognized|unknown|not (?:supported|permitted|allowed)|does not support/i;

/**
 * Finds the sent parameter that the model does not take; null when the refusal is about something else. The token limit counts only
 * where the refusal names its new name: a limit that is too large is another matter.
 */
export function refusedParameter(
  { status, serverCode, parameter, message }: ProviderFailure,
  leftOut: ReadonlySet<SamplingParameter>,
): SamplingParameter | null {
  if (status !== 400 && status !== 422) return null;
  if (!CODES.has(serverCode ?? '') && !WORDS.test(message)) return null;
  const named = PARAMETERS.find((name) => parameter === name) ?? PARAMETERS.find((name) => names(message, name));
  if (named === undefined || leftOut.has(named)) return null;
  return named === 'max_tokens' && !names(message, 'max_completion_tokens') ? null : named;
}

function names(message: string, parameter: string): boolean {
  return new RegExp(`(?<!\\w)${parameter}(?!\\w)`).test(message);
}
