import type { TokenUsage } from './types.ts';

/** Adds up tokens; undefined when none are known. */
export function totalUsage(usages: readonly (TokenUsage | undefined)[]): TokenUsage | undefined {
  const known = usages.filter((usage) => usage !== undefined);
  if (known.length === 0) return undefined;
  let [input, output, reasoning] = [0, 0, 0];
  for (const usage of known) {
    input += usage.input;
    output += usage.output;
    reasoning += usage.reasoning ?? 0;
  }
  return reasoning > 0 ? { input, output, reasoning } : { input, output };
}
