import * as z from 'zod/mini';

const stateSchema = z.object({
  version: z.literal(1),
  /** Steps made. */
  step: z.number(),
  /** Validation examples looked at. */
  looked: z.number(),
  nEpochs: z.number(),
  batchSize: z.number(),
  learningRateMultiplier: z.number(),
  /** Lengths of the tables that follow. */
  tables: z.array(z.number()),
});

/** State of a training between two steps, without the order of the examples, which the seed decides. */
export interface TrainingState extends Omit<z.infer<typeof stateSchema>, 'version' | 'tables'> {
  readonly tables: readonly Float32Array[];
}

/** The length of the header (uint32, little endian), the header as JSON, the tables as little-endian floats. */
export function writeState(state: TrainingState): Uint8Array {
  const { tables, ...rest } = state;
  const header: z.infer<typeof stateSchema> = { version: 1, ...rest, tables: tables.map(({ length }) => length) };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(4 + json.length + tables.reduce((sum, table) => sum + table.byteLength, 0));
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 4);
  let at = 4 + json.length;
  for (const table of tables) {
    bytes.set(new Uint8Array(table.buffer, table.byteOffset, table.byteLength), at);
    at += table.byteLength;
  }
  return bytes;
}

/** Reads a state. Throws when the bytes are none. */
export function readState(bytes: Uint8Array): TrainingState {
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  const header = stateSchema.parse(JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))));
  let at = 4 + length;
  const tables = header.tables.map((count) => {
    // A copy: floats of a file may begin at any byte.
    const table = new Float32Array(bytes.slice(at, at + 4 * count).buffer);
    if (table.length !== count) throw new Error('the saved state is cut short');
    at += 4 * count;
    return table;
  });
  return { ...header, tables };
}
