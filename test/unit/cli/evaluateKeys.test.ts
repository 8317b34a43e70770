import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Endpoint } from '../../../src/core/provider/connection.ts';
import { run as command } from '../../../src/cli/run.ts';

const endpoints: Endpoint[] = [];
vi.mock('../../../src/openai/client.ts', () => ({
  createClient: (endpoint: Endpoint) => {
    endpoints.push(endpoint);
    return { chat: () => Promise.resolve({ text: '1', finishReason: 'stop' }) };
  },
}));

const KEY = 'sk-canary-0123456789abcdefghij';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-keys-'));
  endpoints.length = 0;
  const row = {
    messages: [
      { role: 'user', content: 'How much?' },
      { role: 'assistant', content: '1' },
    ],
  };
  writeFileSync(path.join(folder, 't.jsonl'), `${JSON.stringify(row)}\n`);
  const models = ['https://a.example.test/v1', 'https://b.example.test/v1', 'http://127.0.0.1:9/v1'];
  const contestants = models.map((baseUrl, n) => ({ label: `m${String(n)}`, model: `m${String(n)}`, baseUrl }));
  writeFileSync(
    path.join(folder, 'x.eval.json'),
    JSON.stringify({ testFile: 't.jsonl', primary: 'mae', contestants, grader: { type: 'number' } }),
  );
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

async function keysWith(...more: string[]): Promise<Readonly<Record<string, string | null>>> {
  vi.stubEnv('TUNING_FORK_API_KEY', KEY);
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const file = path.join(folder, 'x.eval.json');
  await command(['evaluate', file, '--data-dir', path.join(folder, 'data'), '--max-cost', 'none', ...more]);
  return Object.fromEntries(endpoints.map(({ baseUrl, apiKey }) => [new URL(baseUrl).host, apiKey ?? null]));
}

it('gives the key to this machine only', async () => {
  expect(await keysWith()).toEqual({ 'a.example.test': null, 'b.example.test': null, '127.0.0.1:9': KEY });
});

it('gives the key to the one origin that the user names', async () => {
  expect(await keysWith('--key-for', 'https://b.example.test/anything')).toEqual({
    'a.example.test': null,
    'b.example.test': KEY,
    '127.0.0.1:9': KEY,
  });
});
