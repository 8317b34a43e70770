import { execFile } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const LONG = 600_000_000;
const source = (file: string): string => JSON.stringify(new URL(`../../../src/${file}`, import.meta.url).href);

/** Checks a file as the dataset worker does, in a process whose memory is then known. */
const PROGRAM = `
const { accumulate } = await import(${source('worker/parts.ts')});
const { createCheck } = await import(${source('worker/accumulators.ts')});
const { o200k } = await import(${source('local/tokens.ts')});
const [path, parts, minPartBytes] = process.argv.slice(1);
const options = { forTraining: true, limit: 100, graderFields: null };
const before = process.memoryUsage().rss;
const { accumulator } = await accumulate(
  { path },
  { kind: 'check', options },
  () => createCheck(options, o200k()),
  {
    signal: new AbortController().signal,
    hashed: false,
    parts: Number(parts),
    ...(minPartBytes === undefined ? {} : { minPartBytes: Number(minPartBytes) }),
  },
);
const result = accumulator.result([]);
// Not resourceUsage().maxRSS where it can be helped: on Linux it includes that of the process that started this one.
const { existsSync, readFileSync } = await import('node:fs');
const status = '/proc/self/status';
const peak = existsSync(status)
  ? Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync(status, 'utf8'))[1])
  : process.resourceUsage().maxRSS;
const growthMb = (peak * 1024 - before) / 1e6;
console.log(JSON.stringify({ result, growthMb }));
`;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tuning-fork-long-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const good = (n: number): string =>
  `${JSON.stringify({
    messages: [
      { role: 'user', content: `question ${n}` },
      { role: 'assistant', content: `answer ${n}` },
    ],
  })}\n`;

interface Checked {
  readonly result: { examples: number; findings: { code: string; line: number; message: string }[] };
  readonly growthMb: number;
}

async function check(path: string, parts: number, ...minPartBytes: readonly string[]): Promise<Checked> {
  const args = ['--input-type=module', '-e', PROGRAM, path, String(parts), ...minPartBytes];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Checked;
}

describe('a line of 600 MB', () => {
  it.each([1, 2])(
    'is reported as too long and the rest of the file is checked, in little memory (parts: %i)',
    async (parts) => {
      const path = join(folder, `long${parts}.jsonl`);
      writeFileSync(path, Array.from({ length: 20 }, (_, n) => good(n)).join(''));
      // A hole: it takes no room on the disk, and is read as zeros.
      truncateSync(path, statSync(path).size + LONG);
      appendFileSync(path, `\n${good(20)}{"messages": [\n${Array.from({ length: 20 }, (_, n) => good(n)).join('')}`);
      const { result, growthMb } = await check(path, parts);
      expect(result.examples).toBe(43);
      expect(result.findings.map(({ code, line }) => [code, line])).toEqual([
        ['file-too-large', 0],
        ['line-too-long', 21],
        ['json-syntax', 23],
      ]);
      expect(result.findings[1]?.message).toContain('572 MiB');
      // As many threads on a short file: each loads the sources, which takes more memory than the bundle whose 64 MB the bench holds.
      const short = join(folder, `short${parts}.jsonl`);
      writeFileSync(short, Array.from({ length: 400 }, (_, n) => good(n)).join(''));
      const usual = await check(short, parts, '1');
      expect(usual.result.examples).toBe(400);
      expect(growthMb - usual.growthMb).toBeLessThanOrEqual(40);
    },
    60_000,
  );
});
