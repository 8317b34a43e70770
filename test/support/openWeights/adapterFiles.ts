// Adapters as files: tiny safetensors, folders and zip archives, whole or damaged.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';

export type Shapes = Readonly<Record<string, readonly number[]>>;

/** Tensors of zeros in 32 bits. */
export function safetensors(shapes: Shapes): Buffer {
  let at = 0;
  const header = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const start = at;
      at += 4 * shape.reduce((product, size) => product * size, 1);
      return [name, { dtype: 'F32', shape, data_offsets: [start, at] }];
    }),
  );
  return withHeader(JSON.stringify(header), at);
}

/** File of safetensors with this header. */
export function withHeader(header: string, bytes: number): Buffer {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(bytes)]);
}

/** Layer of the base model, [out, in]. */
export const LAYER = 'model.layers.0.self_attn.q_proj';
export const BASE_SHAPES: Shapes = { [`${LAYER}.weight`]: [6, 4] };
export const ADAPTER_SHAPES: Shapes = {
  [`base_model.model.${LAYER}.lora_A.weight`]: [2, 4],
  [`base_model.model.${LAYER}.lora_B.weight`]: [6, 2],
};

export const CONFIG = {
  peft_type: 'LORA',
  task_type: 'CAUSAL_LM',
  base_model_name_or_path: 'good',
  r: 2,
  lora_alpha: 4,
  target_modules: ['q_proj'],
};

/** History as a trainer of Hugging Face writes it: six steps of two epochs, and the summary at the end. */
export const TRAINER_STATE = {
  global_step: 6,
  max_steps: 6,
  num_train_epochs: 2,
  log_history: [
    ...[1, 2, 3, 4, 5, 6].flatMap((step) => [
      ...(step % 3 === 0 ? [{ eval_loss: 3 / step, eval_runtime: 0.1, epoch: step / 3, step }] : []),
      {
        loss: 2 / step,
        learning_rate: 1e-4 * (1 - step / 6),
        grad_norm: 0.5,
        epoch: step / 3,
        num_tokens: step * 100,
        step,
      },
    ]),
    { train_runtime: 12.5, train_loss: 0.8, total_flos: 1e9, epoch: 2, step: 6 },
  ],
};

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** Files of a whole adapter, with changes; null leaves one out. */
export function adapterFiles(changes: Readonly<Record<string, string | Uint8Array | null>> = {}): Files {
  const files: Readonly<Record<string, string | Uint8Array | null>> = {
    'adapter_config.json': JSON.stringify(CONFIG),
    'adapter_model.safetensors': safetensors(ADAPTER_SHAPES),
    'tokenizer_config.json': '{}',
    'trainer_state.json': JSON.stringify(TRAINER_STATE),
    'README.md': '# no part of it',
    ...changes,
  };
  return Object.fromEntries(
    Object.entries(files).flatMap(([name, content]) => (content === null ? [] : [[name, content]])),
  );
}

export function writeFiles(folder: string, files: Files): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
  return folder;
}

export interface ZipChanges {
  /** Bytes that each entry says it has. */
  readonly bytes?: number;
  readonly crc?: number;
  readonly flags?: number;
  readonly method?: number;
}

/** Archive with compressed entries, each as it is said. */
export function zipOf(files: Files, changes: ZipChanges = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const raw = Buffer.from(content);
    const packed = deflateRawSync(raw);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(changes.flags ?? 0, 2);
    facts.writeUInt16LE(changes.method ?? 8, 4);
    facts.writeUInt32LE(changes.crc ?? crc32(raw), 10);
    facts.writeUInt32LE(packed.length, 14);
    facts.writeUInt32LE(changes.bytes ?? raw.length, 18);
    facts.writeUInt16LE(Buffer.byteLength(name), 22);
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), facts, Buffer.from(name), packed);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), facts, place, Buffer.from(name));
    offset += 30 + Buffer.byteLength(name) + packed.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, list, end]);
}
