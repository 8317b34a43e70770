import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../../../src/core/provider/connection.ts';
import type { SnippetLanguage } from '../../../../src/core/training/words/codeSnippets.ts';
import { DatasetWorkerClient } from '../../../../src/extension/datasets/workerClient.ts';
import { copyCodeFor, type SnippetServices } from '../../../../src/extension/models/codeToCopy.ts';
import { NO_LOCAL_FACTS, type JobRecord } from '../../../../src/jobs/store/jobRecord.ts';
import { findOrStart, type SharedServer } from '../../../../src/local/server/sharedServer.ts';
import { createClient } from '../../../../src/openai/client.ts';
import { aHistory } from '../../../support/jobBuilders.ts';
import { findProgram } from '../../../../scripts/lib/programs.ts';
import { inProject } from '../../../../scripts/lib/paths.ts';

const run = promisify(execFile);
/** Answer of the trained model to every prompt. */
const ANSWER = 'Price is $7.00';
const PREFIX = 'Price is $';
/** Reply after the prefix that was sent along: a number alone. */
const REPLY = /^\d+\.\d\d$/;
/** First question of the training file, with characters that a language or a shell could stumble over. */
const QUESTION = `It's "cheap": \`$(touch no)\` \\ \u202e\n${'very '.repeat(100)}`;

let folder: string;
let shared: Extract<SharedServer, { kind: 'started' }>;
let record: JobRecord;
let connection: Connection;
let copied = '';
const datasets = new DatasetWorkerClient(new URL('../../../../src/worker/datasetWorker.ts', import.meta.url));

async function startLocal(): Promise<void> {
  const started = await findOrStart({
    dataFolder: path.join(folder, 'local'),
    version: 'test',
    idleMilliseconds: Infinity,
  });
  if (started.kind !== 'started') throw new Error('The folder was served already.');
  shared = started;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "tuning fork's copy-"));
  await startLocal();
  const client = createClient(shared.address);
  const trainingPath = path.join(folder, 'prices.jsonl');
  const messages = (question: string): unknown => ({
    messages: [
      { role: 'user', content: question },
      { role: 'assistant', content: ANSWER },
    ],
  });
  const rows = [QUESTION, ...Array.from({ length: 12 }, (_, n) => `How much is thing ${String(n)}?`)];
  await writeFile(trainingPath, rows.map((question) => `${JSON.stringify(messages(question))}\n`).join(''));
  const file = await client.uploadFile({ path: trainingPath }, 'prices.jsonl');
  const created = await client.createJob({
    model: 'local-linear-1',
    trainingFile: file.id,
    validationFile: null,
    method: {
      name: 'supervised',
      hyperparameters: { n_epochs: 1, batch_size: 'auto', learning_rate_multiplier: 'auto' },
    },
    suffix: null,
    seed: 1,
    wandb: null,
    metadata: {},
  });
  const job = await vi.waitUntil(
    async () => {
      const now = await client.retrieveJob(created.id);
      return now.fineTunedModel === null ? null : now;
    },
    { timeout: 15_000 },
  );
  record = {
    connectionId: 'local',
    job,
    ...aHistory(),
    checkpoints: [],
    local: { ...NO_LOCAL_FACTS, trainingPath, answerPrefix: PREFIX },
    complete: true,
    gone: false,
    seenAt: 0,
  };
  connection = { id: 'local', kind: 'local', name: 'Local', baseUrl: '' };
  // Another port and token than when the job was created.
  await restart();
});
afterAll(async () => {
  await shared.close();
  await datasets.dispose();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function restart(): Promise<void> {
  const before = shared.address;
  await shared.close();
  await startLocal();
  expect(shared.address).not.toEqual(before);
}

async function codeFor(language: SnippetLanguage, about: Parameters<typeof copyCodeFor>[3]): Promise<string> {
  const services = {
    folder,
    datasets,
    jobs: { list: () => [record] },
    log: { warn: vi.fn() },
    providers: { connection: () => Promise.resolve(connection), get: () => Promise.resolve({}) },
    ui: {
      status: vi.fn(),
      copy: (text: string) => {
        copied = text;
        return Promise.resolve();
      },
    },
  } as unknown as SnippetServices;
  await copyCodeFor(services, language, connection.id, about);
  return copied;
}

/** Environment without a variable that holds a key. */
function environment(): NodeJS.ProcessEnv {
  const keys = ['OPENAI_API_KEY', 'TUNING_FORK_API_KEY'];
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !keys.includes(name)));
}

const subjects = [
  ['a model', () => ({ model: record.job.fineTunedModel ?? '' })],
  ['a job', () => ({ record })],
  // As for a job that still runs: the code itself reads the model's name.
  ['a job without a model yet', () => ({ record: { ...record, job: { ...record.job, fineTunedModel: null } } })],
] as const;

describe.each(subjects)('code for the embedded server, copied before it was started again: %s', (_, about) => {
  it('runs as TypeScript', async () => {
    const code = await codeFor('typescript', about());
    await restart();
    const place = await mkdtemp(path.join(folder, 'node-'));
    await symlink(inProject('node_modules'), path.join(place, 'node_modules'), 'junction');
    await writeFile(path.join(place, 'ask.mts'), code);
    const { stdout } = await run(process.execPath, [path.join(place, 'ask.mts')], { cwd: place, env: environment() });
    expect(stdout.trim().split('\n').at(-1)).toMatch(REPLY);
  });

  it('runs in a shell, without jq', async (context) => {
    if (process.platform === 'win32') return context.skip('no shell here');
    if (findProgram('curl') === undefined) return context.skip('no curl here');
    const code = await codeFor('curl', about());
    await restart();
    expect(code).not.toMatch(/\bjq\b/);
    const { stdout } = await run('sh', ['-c', code], { cwd: folder, env: environment() });
    const last = stdout.trim().split('\n').at(-1) ?? '';
    expect(JSON.parse(last)).toMatchObject({
      choices: [{ message: { role: 'assistant', content: expect.stringMatching(REPLY) as string } }],
    });
  });

  it('runs as Python', async (context) => {
    const code = await codeFor('python', about());
    await restart();
    const place = await mkdtemp(path.join(folder, 'python-'));
    await writeFile(path.join(place, 'ask.py'), code);
    await writeFile(path.join(place, 'openai.py'), PYTHON_CLIENT);
    try {
      const { stdout } = await run('python3', ['ask.py'], { cwd: place, env: environment() });
      expect(stdout.trim().split('\n').at(-1)).toMatch(REPLY);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return context.skip('no python3 here');
      throw error;
    }
  });
});

describe('code that is copied', () => {
  it.each(['python', 'typescript', 'curl'] as const)(
    'asks a shortened question of the dataset in %s',
    async (language) => {
      const code = await codeFor(language, { record });
      expect(code).toContain('very very');
      expect(code).toContain('…');
      expect(code.length).toBeLessThan(1600);
      expect(code).toContain(PREFIX);
      expect(code).not.toContain('\u202e');
      expect(code).not.toContain(shared.address.apiKey);
    },
  );

  it('names address and variable of a provider, and its header of the key', async () => {
    connection = { id: 'azure', kind: 'azure', name: 'Azure', baseUrl: 'https://r.openai.azure.com/openai/v1' };
    const code = await codeFor('curl', { record });
    expect(code).toContain('https://r.openai.azure.com/openai/v1/chat/completions');
    expect(code).toContain('-H "api-key: $TUNING_FORK_API_KEY"');
    expect(code).not.toContain('server.json');
  });

  it('asks a placeholder when the training file is not here', async () => {
    const code = await codeFor('python', { record: { ...record, local: { ...record.local, trainingPath: '/gone' } } });
    expect(code).toContain('"Your question"');
  });
});

/** As much of the `openai` package for Python as the copied code uses, so that it runs where the package is not installed. */
const PYTHON_CLIENT = `
import json, urllib.request
from types import SimpleNamespace as Node

class OpenAI:
    def __init__(self, base_url, api_key):
        self.base_url, self.api_key = base_url, api_key
        self.chat = Node(completions=Node(create=lambda **body: self.send("/chat/completions", body)))
        self.fine_tuning = Node(jobs=Node(retrieve=lambda job: self.send("/fine_tuning/jobs/" + job, None)))

    def send(self, where, body):
        headers = {"Authorization": "Bearer " + self.api_key, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.base_url + where, data, headers)) as answer:
            return json.loads(answer.read(), object_hook=lambda fields: Node(**fields))
`;
