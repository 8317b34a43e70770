import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import OpenAI, { toFile } from 'openai';
import { vi } from 'vitest';
import type { ChatExample } from '../../../src/core/dataset/example.ts';
import { BUILT_CLI } from '../../support/builtCli.ts';

export function temporaryFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'tuning-fork-local-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

export interface CliRun {
  readonly child: ChildProcess;
  /** The first line it prints; null when it ends without one. */
  readonly line: Promise<string | null>;
  readonly exitCode: Promise<number | null>;
  errors(): string;
  output(): string;
}

/** Runs the command line as `node dist/cli.js` does. */
export function runCli(...args: string[]): CliRun {
  const child = spawn(process.execPath, [BUILT_CLI, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  let output = '';
  child.stderr.on('data', (part: Buffer) => {
    errors += part.toString();
  });
  child.stdout.on('data', (part: Buffer) => {
    output += part.toString();
  });
  const lines = createInterface({ input: child.stdout });
  const line = new Promise<string | null>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => {
      resolve(null);
    });
  });
  const exitCode = once(child, 'exit').then(([code]) => code as number | null);
  return { child, line, exitCode, errors: () => errors, output: () => output };
}

export interface Serving extends CliRun {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly client: OpenAI;
}

export async function startServing(folder: string, ...args: string[]): Promise<Serving> {
  const run = runCli('serve', '--port', '0', '--data', folder, ...args);
  const line = await run.line;
  if (line === null) throw new Error(`serve printed nothing. ${run.errors()}`);
  const { base_url: baseUrl, api_key: apiKey } = JSON.parse(line) as { base_url: string; api_key: string };
  return { ...run, baseUrl, apiKey, client: new OpenAI({ baseURL: baseUrl, apiKey, maxRetries: 0 }) };
}

export async function stop(run: CliRun, signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
  run.child.kill(signal);
  return run.exitCode;
}

export async function upload(
  client: OpenAI,
  examples: readonly ChatExample[] | string,
  name = 'train.jsonl',
): Promise<string> {
  const text = typeof examples === 'string' ? examples : examples.map((row) => JSON.stringify(row)).join('\n');
  const file = await client.files.create({ file: await toFile(Buffer.from(text), name), purpose: 'fine-tune' });
  return file.id;
}

export type WireJob = OpenAI.FineTuning.FineTuningJob;

/** Asks again and again until the job is as wanted. */
export async function until(client: OpenAI, id: string, wanted: (job: WireJob) => boolean): Promise<WireJob> {
  // Not without a pause: the asking would take the time of the training.
  return vi.waitFor(
    async () => {
      const job = await client.fineTuning.jobs.retrieve(id);
      if (!wanted(job)) throw new Error(`The job is still ${job.status}.`);
      return job;
    },
    { timeout: 60_000, interval: 15 },
  );
}

export function hasEnded(job: WireJob): boolean {
  return ['succeeded', 'failed', 'cancelled'].includes(job.status);
}

/** All events, oldest first. */
export async function allEvents(client: OpenAI, id: string): Promise<OpenAI.FineTuning.FineTuningJobEvent[]> {
  const events: OpenAI.FineTuning.FineTuningJobEvent[] = [];
  for await (const event of client.fineTuning.jobs.listEvents(id, { limit: 1000 })) events.push(event);
  return events.reverse();
}
