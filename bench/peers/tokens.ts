// One counter in a process of its own: what it costs to load, to read texts for the first time, and again.
// node bench/peers/tokens.ts ours|gpt-tokenizer FILE BUNDLE; prints one line of JSON. FILE: a JSON array of texts; BUNDLE:
// src/local/tokens.ts as it is built, because the peer is JavaScript too.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import type * as Tokens from '../../src/local/tokens.ts';

/** CPU time, not wall time: machines are shared. */
export interface TokenMeasure {
  readonly loadMs: number;
  /** MB of UTF-8 a second, every text for the first time. */
  readonly cold: number;
  /** The same texts again. */
  readonly warm: number;
  readonly tokens: number;
}

const loaders: Record<string, (bundle: string) => Promise<(text: string) => number>> = {
  ours: async (bundle) => {
    const { countTokens, o200k } = (await import(pathToFileURL(bundle).href)) as typeof Tokens;
    o200k();
    return countTokens;
  },
  'gpt-tokenizer': async () => {
    const { countTokens } = await import('gpt-tokenizer/encoding/o200k_base');
    const options = { disallowedSpecial: new Set<string>() };
    return (text) => countTokens(text, options);
  },
};

function cpuMs(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

async function measure(name: string, file: string, bundle: string): Promise<TokenMeasure> {
  const texts = JSON.parse(readFileSync(file, 'utf8')) as string[];
  const megabytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6;
  const start = process.cpuUsage();
  const count = await loaders[name]?.(bundle);
  const loadMs = cpuMs(start);
  if (count === undefined) throw new Error(`There is no counter ${name}.`);
  let tokens = 0;
  const pass = (): number => {
    tokens = 0;
    const before = process.cpuUsage();
    for (const text of texts) tokens += count(text);
    return (1000 * megabytes) / cpuMs(before);
  };
  const cold = pass();
  const warm = Math.max(pass(), pass(), pass());
  return { loadMs, cold, warm, tokens };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [, , name = '', file = '', bundle = ''] = process.argv;
  console.log(JSON.stringify(await measure(name, file, bundle)));
}
