// Stands in for `python -m tuning_fork_trainer`: speaks the protocol, trains nothing. The job's model says how it behaves.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ADVANCED_USED, NO_MEMORY } from './estimateMessages.ts';
import { serve } from './fakeServe.ts';

const EPOCH = 4;
const TOTAL = 12;

interface Job {
  readonly model: string;
  readonly method: string;
  readonly output: string;
  readonly resume: string | null;
  readonly hyperparameters: Readonly<Record<string, number | 'auto'>>;
  readonly advanced: Readonly<Record<string, unknown>>;
}

function say(message: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function metricAt(step: number, job: Job): Record<string, unknown> {
  const isEnd = step % EPOCH === 0;
  return {
    type: 'metric',
    step,
    total_steps: TOTAL,
    epoch: step / EPOCH,
    train_loss: 2 / step,
    train_mean_token_accuracy: 1 - 1 / (step + 1),
    ...(isEnd ? { valid_loss: 1 / step, full_valid_loss: 1 / step, examples_losses: [0.5, null, 0.25] } : {}),
    ...(job.method === 'reinforcement' ? { reward_mean: 0.5 } : {}),
    tokens: step * 100,
    tokens_per_second: 50,
  };
}

function checkpoint(job: Job, name: string): string {
  const folder = path.join(job.output, name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'adapter_model.safetensors'), name);
  return folder;
}

/** Says of the cluster that would train what a test asks for; the token itself is in no message. */
function tellCluster(file: string, words: readonly string[]): void {
  const { address, workers } = JSON.parse(readFileSync(file, 'utf8')) as { address: string; workers: number };
  const token = process.env['TUNING_FORK_RAY_TOKEN'];
  const seen = token === undefined ? 'no token' : `a token of ${String(token.length)} characters`;
  const message = [`${String(workers)} workers at ${address} with ${seen}`, ...words].join(' ');
  say({ type: 'notice', level: 'info', code: 'cluster', message });
}

function train(file: string): void {
  const job = JSON.parse(readFileSync(file, 'utf8')) as Job;
  const kind = job.model;
  const wishes: ('cancel' | 'pause')[] = [];
  const input = createInterface({ input: process.stdin });
  if (kind !== 'endless') {
    input.on('line', (line) => {
      wishes.push((JSON.parse(line) as { type: 'cancel' | 'pause' }).type);
    });
    input.on('close', () => {
      wishes.push('pause');
    });
  }
  process.stderr.write('Loading checkpoint shards:  50%\rLoading checkpoint shards: 100%\n');
  if (kind === 'hungry') {
    say(NO_MEMORY);
    process.exit(1);
  }
  if (kind === 'garbage') {
    process.stdout.write('Downloading: 12%|###\n');
    setInterval(() => undefined, 1000);
    return;
  }
  let step = job.resume === null ? 0 : Number(/checkpoint-(\d+)$/u.exec(job.resume)?.[1]);
  const given = (name: string, auto: number): number => {
    const value = job.hyperparameters[name];
    return typeof value === 'number' ? value : auto;
  };
  say({
    type: 'ready',
    version: 1,
    device: 'cpu',
    devices: 1,
    ...(kind === 'slow' ? { workers: 3, nodes: 2 } : {}),
    model: job.model,
    parameters: 1000,
    trainable_parameters: 10,
    tokens_per_epoch: 400,
    hyperparameters: {
      n_epochs: given('n_epochs', 3),
      batch_size: given('batch_size', 8),
      learning_rate_multiplier: given('learning_rate_multiplier', 1),
      ...(job.method === 'supervised' ? {} : { beta: given('beta', 0.1) }),
    },
    advanced: { ...ADVANCED_USED, ...job.advanced },
    total_steps: TOTAL,
    steps_done: step,
    seconds_estimate: 1,
    tokens_per_second: 50,
    memory_needed: 1,
    memory_available: 2,
  });
  say({ type: 'notice', level: 'warn', code: 'too-long', message: '2 examples are longer than 512 tokens' });
  if (kind === 'endless') {
    // Its own child outlives it unless the whole group is ended.
    const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'inherit' });
    say({ ...metricAt(1, job), child: child.pid });
    setInterval(() => undefined, 1000);
    return;
  }
  const turn = (): void => {
    if (wishes[0] === 'cancel') {
      say({ type: 'cancelled', path: null, step });
      process.exit(0);
    }
    if (wishes[0] === 'pause') {
      say({ type: 'paused', path: checkpoint(job, `checkpoint-${String(step)}`), step, peak_memory: 5e6 });
      process.exit(0);
    }
    step += 1;
    const metric = metricAt(step, job);
    say(metric);
    if (step === EPOCH + 1) misbehave(kind);
    if (step % EPOCH === 0)
      say({ type: 'checkpoint', step, path: checkpoint(job, `checkpoint-${String(step)}`), metrics: metric });
    if (step < TOTAL) {
      // With one example at a time a step takes a second, so that a test ends it.
      const slow = job.hyperparameters['batch_size'] === 1 ? 1000 : 25;
      setTimeout(turn, kind === 'slow' ? slow : 0);
      return;
    }
    say({ type: 'model', path: checkpoint(job, 'model'), step, stopped_early: false, peak_memory: 3e6 });
    process.exit(0);
  };
  turn();
}

function misbehave(kind: string): void {
  if (kind === 'nan') {
    const action = 'Lower the learning rate multiplier.';
    say({ type: 'error', code: 'nan-loss', message: 'The loss became NaN at step 5.', action });
    process.exit(1);
  }
  if (kind === 'dies') process.kill(process.pid, 'SIGKILL');
  if (kind === 'silent') {
    process.stderr.write('Traceback (most recent call last)\nKeyError: 7\n');
    process.exit(3);
  }
}

/** Writes names instead of weights. */
function exportModel(file: string): void {
  const { form, output, card } = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, string>>;
  const weights = form === 'adapter' ? 'adapter_model.safetensors' : 'model.safetensors';
  const files = {
    'README.md': card ?? '',
    [weights]: 'weights',
    ...(form === 'ollama' ? { Modelfile: 'FROM .' } : {}),
  };
  say({ type: 'progress', stage: 'base', done: 0, total: 0 });
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(output ?? '', name), text);
  say({
    type: 'exported',
    files: Object.entries(files).map(([name, text]) => ({ name, bytes: Buffer.byteLength(text) })),
  });
}

/** Has an account, and says that everything was sent. */
function push(file: string): void {
  const { do: what, repository } = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, string>>;
  if (process.env['HF_TOKEN'] !== 'hf_right') {
    say({
      type: 'error',
      code: 'bad-token',
      message: 'The hub refused the access token.',
      action: 'Enter another one.',
    });
    process.exit(1);
  }
  if (what === 'look') say({ type: 'account', name: 'me', organizations: ['team'] });
  else say({ type: 'pushed', repository, url: 'https://hub.example', commit: 'c' });
}

const [, , , command, ...rest] = process.argv.slice(1);
if (command === 'train') train(rest[1] ?? '');
else if (command === 'ray') {
  tellCluster(rest[3] ?? '', rest.slice(4));
  train(rest[1] ?? '');
} else if (command === 'export') exportModel(rest[1] ?? '');
else if (command === 'push') push(rest[1] ?? '');
else if (command === 'serve') serve();
else process.exit(2);
