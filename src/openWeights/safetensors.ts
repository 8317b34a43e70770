import { open } from 'node:fs/promises';
import { fieldsOf, parseJson } from './json.ts';

/** Tensor of a safetensors file; `bytes` long. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** The format's own limit of a header. */
const MOST_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;

const WIDTHS: Readonly<Record<string, number>> = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
};

/**
 * Names and shapes of the tensors of a safetensors file, by its header alone; null where the file is damaged: cut short, or with a header
 * that does not describe exactly the bytes behind it. Rejects with the system's error.
 */
export async function readTensors(file: string): Promise<ReadonlyMap<string, Tensor> | null> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const length = Buffer.alloc(LENGTH_BYTES);
    if ((await handle.read(length, 0, LENGTH_BYTES, 0)).bytesRead < LENGTH_BYTES) return null;
    const header = length.readBigUInt64LE();
    if (header > BigInt(Math.min(MOST_HEADER_BYTES, size - LENGTH_BYTES))) return null;
    const text = Buffer.alloc(Number(header));
    if ((await handle.read(text, 0, text.length, LENGTH_BYTES)).bytesRead < text.length) return null;
    return tensorsOf(text.toString('utf8'), size - LENGTH_BYTES - text.length);
  } finally {
    await handle.close();
  }
}

function tensorsOf(header: string, bytes: number): ReadonlyMap<string, Tensor> | null {
  const entries = fieldsOf(parseJson(header));
  if (entries === null) return null;
  const tensors = new Map<string, Tensor>();
  const parts: (readonly [number, number])[] = [];
  for (const [name, value] of Object.entries(entries)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, data_offsets: offsets } = fieldsOf(value) ?? {};
    if (!isCounts(shape) || !isCounts(offsets)) return null;
    const width = typeof dtype === 'string' ? WIDTHS[dtype] : undefined;
    const [start, end] = offsets;
    if (width === undefined || start === undefined || end === undefined || offsets.length !== 2) return null;
    if (end - start !== shape.reduce((product, one) => product * one, width)) return null;
    tensors.set(name, { shape, bytes: end - start });
    parts.push([start, end]);
  }
  // Without a gap, and without two tensors that share bytes.
  let at = 0;
  for (const [start, end] of parts.sort(([a], [b]) => a - b)) {
    if (start !== at) return null;
    at = end;
  }
  return at === bytes ? tensors : null;
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}
