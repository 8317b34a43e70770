/** Argument of every model command: a node of the Models view. */
export interface ModelRef {
  readonly connectionId: string;
  readonly model: string;
}

export function isModelRef(value: unknown): value is ModelRef {
  return (
    typeof value === 'object' &&
    value !== null &&
    'connectionId' in value &&
    'model' in value &&
    typeof value.connectionId === 'string' &&
    typeof value.model === 'string'
  );
}
