/** The embedded provider's base model: a linear baseline, not a language model. */
export const LOCAL_BASE_MODEL = 'local-linear-1';

/** Untrained, the local engine knows nothing and refuses to answer; every other base model can be asked. */
export function canBaseAnswer(base: string): boolean {
  return base !== LOCAL_BASE_MODEL;
}
