import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { createClient } from '../src/openai/client.ts';
import { type BenchServer, configOf, inFolder, measuredRun, promptOf } from './evaluationRuns.ts';
import type { Row } from './table.ts';

const VERSION = '0.123.1';
/** Installed once, 2 GB; git ignores it, and the packager does not look through it. */
const FOLDER = fileURLToPath(new URL('../node_modules/.cache/promptfoo', import.meta.url));
const PROGRAM = path.join(FOLDER, 'node_modules', 'promptfoo', 'dist', 'src', 'entrypoint.js');
const CASES = 1000;
const CONCURRENCY = 256;
const GOAL = 3;

/** The same cases, assertion and server, one after the other; no row when promptfoo cannot be installed here. */
export async function promptfooRow(server: BenchServer): Promise<readonly Row[]> {
  if (!install()) {
    console.log('promptfoo could not be installed: not compared.');
    return [];
  }
  const client = createClient({ baseUrl: server.baseUrl, apiKey: 'sk-bench' });
  const sampling = { temperature: 0, maxTokens: 7, seed: 42 };
  await server.requests();
  const own = await measuredRun(configOf(CASES, { concurrency: CONCURRENCY }), ({ model = '' }, { messages }, signal) =>
    client.chat({ model, messages, sampling }, { signal }),
  );
  const peer = await inFolder((folder) => promptfoo(server, folder));
  const requests = await server.requests();
  if (own.lost > 0 || requests !== 2 * CASES) throw new Error(`${String(requests)} requests for ${String(2 * CASES)}.`);
  const ratio = peer / own.wallMs;
  return [
    {
      name: 'evaluation against promptfoo',
      figure: `${ratio.toFixed(1)} ×`,
      goal: `≥ ${String(GOAL)} ×`,
      met: ratio >= GOAL,
      note: `${String(CASES)} cases, ${String(CONCURRENCY)} at once, equal assertion: ${seconds(own.wallMs)} against ${seconds(peer)} s without start-up (promptfoo ${VERSION})`,
    },
  ];
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

function install(): boolean {
  if (existsSync(PROGRAM)) return true;
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(path.join(FOLDER, 'package.json'), JSON.stringify({ private: true }));
  console.log('Installing promptfoo, which takes some minutes…');
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', `promptfoo@${VERSION}`];
  spawnSync('npm', args, { cwd: FOLDER, stdio: 'inherit', shell: process.platform === 'win32' });
  return existsSync(PROGRAM);
}

/** Milliseconds that promptfoo tells for its evaluation, without its start. */
async function promptfoo(server: BenchServer, folder: string): Promise<number> {
  const config = path.join(folder, 'promptfooconfig.json');
  const output = path.join(folder, 'output.json');
  const provider = {
    id: 'openai:chat:mock',
    config: { apiBaseUrl: server.baseUrl, apiKey: 'sk-bench', temperature: 0, max_tokens: 7 },
  };
  const tests = Array.from({ length: CASES }, (_, index) => ({
    vars: { prompt: promptOf(index) },
    assert: [{ type: 'equals', value: `$${String(index)}.00` }],
  }));
  writeFileSync(config, JSON.stringify({ prompts: ['{{prompt}}'], providers: [provider], tests }));
  const flags = ['--no-cache', '--no-table', '--no-progress-bar', '--no-write', '-j', String(CONCURRENCY)];
  const program = spawn(process.execPath, [PROGRAM, 'eval', '-c', config, '-o', output, ...flags], {
    cwd: folder,
    stdio: 'ignore',
    env: {
      ...process.env,
      PROMPTFOO_CONFIG_DIR: path.join(folder, 'home'),
      PROMPTFOO_DISABLE_TELEMETRY: '1',
      PROMPTFOO_DISABLE_UPDATE: '1',
      PROMPTFOO_DISABLE_REMOTE_GENERATION: '1',
    },
  });
  await once(program, 'close');
  const { results } = JSON.parse(readFileSync(output, 'utf8')) as PromptfooOutput;
  if (results.stats.successes !== CASES) throw new Error('promptfoo did not pass all cases.');
  return results.stats.durationMs;
}

interface PromptfooOutput {
  readonly results: { readonly stats: { readonly successes: number; readonly durationMs: number } };
}
