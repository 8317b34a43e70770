import * as z from 'zod/mini';
import { FeatureSpace } from './features.ts';
import { LinearModel } from './model.ts';
import type { NumberPiece } from './pieces.ts';
import { toPieces } from './pieces.ts';

// A model file: `TFLL`, the length of the header (uint32, little endian), the header as JSON padded with spaces to a
// multiple of four bytes, then the tables it lists as little-endian arrays of four-byte numbers.
const MAGIC = 'TFLL';
const VERSION = 1;

const headerSchema = z.object({
  version: z.literal(VERSION),
  features: z.number(),
  numbersAsWords: z.boolean(),
  commonLines: z.array(z.string()),
  words: z.array(z.string()),
  /** Numbers of the training answers as written, in order. */
  numbers: z.array(z.string()),
  /** Lengths of the answers, in symbols. */
  lengths: z.array(z.number()),
  tables: z.array(z.object({ kind: z.enum(['gate', 'slot']), key: z.string(), length: z.number() })),
});

export function saveModel(model: LinearModel): Uint8Array {
  const tables = [
    ...[...model.gates.values()].map((gate) => ({ kind: 'gate' as const, key: gate.key, weights: gate.weights })),
    ...[...model.slots.values()].map((slot) => ({ kind: 'slot' as const, key: slot.key, weights: slot.weights })),
  ];
  const header: z.infer<typeof headerSchema> = {
    version: VERSION,
    features: model.space.size,
    numbersAsWords: model.numbersAsWords,
    commonLines: [...model.frame.commonLines],
    words: [...model.answers.words],
    numbers: model.answers.numbers.map((number) => number.text),
    lengths: model.answers.sequences.map((sequence) => sequence.length),
    tables: tables.map(({ kind, key, weights }) => ({ kind, key, length: weights.length })),
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = MAGIC.length + 4;
  const body = start + Math.ceil((start + json.length) / 4) * 4 - start;
  const symbols = Int32Array.from(model.answers.sequences.flat());
  const parts = [model.space.hashes, model.space.idf, symbols, ...tables.map(({ weights }) => weights)];
  const bytes = new Uint8Array(body + parts.reduce((sum, part) => sum + part.byteLength, 0)).fill(0x20, 0, body);
  bytes.set(new TextEncoder().encode(MAGIC), 0);
  new DataView(bytes.buffer).setUint32(MAGIC.length, body - start, true);
  bytes.set(json, start);
  let at = body;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += part.byteLength;
  }
  return bytes;
}

/** Reads a model file. Throws when the bytes are none. */
export function loadModel(bytes: Uint8Array): LinearModel {
  const start = MAGIC.length + 4;
  if (bytes.length < start || new TextDecoder().decode(bytes.subarray(0, MAGIC.length)) !== MAGIC)
    throw new Error('Not a model file');
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(MAGIC.length, true);
  const json: unknown = JSON.parse(
    new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, start + headerLength)),
  );
  const header = headerSchema.parse(json);
  // A copy (a Buffer's own slice would be none), so that the arrays begin at a multiple of four.
  const body = new Uint8Array(bytes.subarray(start + headerLength));
  let at = 0;
  const take = (length: number): ArrayBuffer => {
    const end = at + length * 4;
    if (end > body.length) throw new Error('The model file is cut short');
    const part = body.slice(at, end).buffer;
    at = end;
    return part;
  };
  const hashes = new Uint32Array(take(header.features));
  const idf = new Float32Array(take(header.features));
  const symbols = [...new Int32Array(take(header.lengths.reduce((sum, length) => sum + length, 0)))];
  let from = 0;
  const sequences = header.lengths.map((length) => symbols.slice(from, (from += length)));
  const model = new LinearModel(
    new FeatureSpace(hashes, idf),
    { commonLines: new Set(header.commonLines) },
    header.numbersAsWords,
    {
      words: header.words,
      sequences,
      numbers: header.numbers.map(numberOf),
    },
  );
  for (const { kind, key, length } of header.tables) {
    const weights = kind === 'gate' ? model.gates.get(key)?.weights : model.slots.get(key)?.weights;
    if (weights?.length !== length) throw new Error('The model file does not fit this version');
    weights.set(new Float32Array(take(length)));
  }
  return model;
}

function numberOf(text: string): NumberPiece {
  const piece = toPieces(text, false)[0];
  if (piece?.kind !== 'number') throw new Error('The model file holds a number that is none');
  return piece;
}
