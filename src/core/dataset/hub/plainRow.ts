// Values of a Parquet file as values of JSON.
import { isRecord } from '../check/rules/rule.ts';

/** Column of class numbers with their names, as the hub keeps them beside the schema. */
export type ClassNames = ReadonlyMap<string, readonly string[]>;

/** A row as JSON has it. Columns without a value are absent; class numbers become their names. */
export function plainRow(row: Readonly<Record<string, unknown>>, classes: ClassNames): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(row)) {
    const made = plainValue(value);
    const names = classes.get(name);
    const named = names !== undefined && typeof made === 'number' ? (names[made] ?? null) : made;
    // A plain assignment of `__proto__` would be lost.
    if (named !== null) Object.defineProperty(plain, name, { value: named, ...OWN });
  }
  return plain;
}

const OWN = { enumerable: true, configurable: true, writable: true } as const;

/**
 * Structs have every key of the column's type in every row, so that a key without a value says nothing and goes; `content` stays,
 * which tool calls have as null. Bytes become their number, as an object: they are no text that could be trained on.
 */
function plainValue(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : null;
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
    case 'object':
      break;
    default:
      return null;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return { bytes: value.length };
  if (Array.isArray(value)) return value.map(plainValue);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number | bigint>, plainValue);
  if (!isRecord(value)) return null;
  const plain: Record<string, unknown> = {};
  for (const [name, inside] of Object.entries(value)) {
    const made = plainValue(inside);
    if (made !== null || name === 'content') Object.defineProperty(plain, name, { value: made, ...OWN });
  }
  return plain;
}

/** Names of the classes, from the description of the columns that the hub's library writes into the file; none when there is none. */
export function classNames(description: string): ClassNames {
  const names = new Map<string, readonly string[]>();
  const features = featuresOf(description);
  for (const [column, feature] of Object.entries(features)) {
    if (!isRecord(feature) || feature['_type'] !== 'ClassLabel' || !Array.isArray(feature['names'])) continue;
    const known: readonly unknown[] = feature['names'];
    if (known.every((name) => typeof name === 'string')) names.set(column, known);
  }
  return names;
}

function featuresOf(description: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(description);
    const info = isRecord(value) ? value['info'] : null;
    const features = isRecord(info) ? info['features'] : null;
    return isRecord(features) ? features : {};
  } catch {
    return {};
  }
}
