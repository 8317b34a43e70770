// One counter in a process of its own: what it costs to load, to read texts for the first time, and again.
// node bench/peers/tokens.ts ours|gpt-tokenizer FILE (a JSON array of texts); prints one line of JSON.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

/** CPU time, not wall time: machines are shared. */
export interface TokenMeasure {
  readonly loadMs: number;
  /** MB of UTF-8 a second, every text for the first time. */
  readonly cold: number;
  /** The same texts again. */
  readonly warm: number;
  readonly tokens: number;
}

const loaders: Record<string, () => Promise<(text: string) => number>> = {
  ours: async () => {
    const { countTokens, o200k } = await import('../../src/local/tokens.ts');
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

async function measure(name: string, file: string): Promise<TokenMeasure> {
  const texts = JSON.parse(readFileSync(file, 'utf8')) as string[];
  const megabytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1e6;
  const start = performance.now();
  const count = await loaders[name]?.();
  const loadMs = performance.now() - start;
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
  const [, , name = '', file = ''] = process.argv;
  console.log(JSON.stringify(await measure(name, file)));
}
