import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { inProject } from './paths.ts';

/** The package whose data goes into the table; its licence goes into the notices. */
export const tokenTablePackage = 'node_modules/gpt-tokenizer';

/** What the workers and the command line load; in no bundle. */
export const tokenTableFile = 'dist/o200k.bin';

/**
 * The vocabulary of o200k as src/core/tokens/ranks.ts reads it: the number of tokens (32 bits, little-endian), the
 * length of each (8 bits), the bytes of each; in order of rank. 1.6 MB.
 */
export function tokenTable(): Buffer {
  const lines = readFileSync(inProject(`${tokenTablePackage}/data/o200k_base.tiktoken`), 'latin1')
    .trim()
    .split('\n');
  const tokens = lines.map((line, index) => {
    const [base64 = '', rank] = line.split(' ');
    // Place is rank: a gap would shift all that follow.
    if (rank !== String(index)) throw new Error(`Rank ${String(rank)} stands at place ${String(index)}.`);
    return Buffer.from(base64, 'base64');
  });
  const count = Buffer.alloc(4);
  count.writeUInt32LE(tokens.length);
  return Buffer.concat([count, Buffer.from(tokens.map((token) => token.length)), ...tokens]);
}

/** Puts the table where sources and bundles look for it, compressed to 1 MB, unless it is there. Takes 0.2 s. */
export function writeTokenTable(): void {
  const file = inProject(tokenTableFile);
  const content = gzipSync(tokenTable(), { level: 9 });
  if (existsSync(file) && readFileSync(file).equals(content)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  // Someone may be reading it, and two builds may write it at once.
  const beside = `${file}.${String(process.pid)}`;
  writeFileSync(beside, content);
  renameSync(beside, file);
}
