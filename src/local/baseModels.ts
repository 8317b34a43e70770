/** What can be tuned here, known without loading an engine (its tokenizer takes a third of a second). */
export const BASE_MODELS = ['local-linear-1'] as const;

export function isBaseModel(id: string): boolean {
  return (BASE_MODELS as readonly string[]).includes(id);
}
