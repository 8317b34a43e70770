// Time and memory of a training before its start, told by a program that is called like the trainer's Python.
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jobSchema } from '../../../src/local/engines/openWeights/protocol.ts';
import { EstimateCancelled, estimateTraining, type EstimateRequest } from '../../../src/openWeights/estimate.ts';
import { KNOWN_MODELS, largestInWords, largestThatFits } from '../../../src/openWeights/knownModels.ts';
import { updateRegistry } from '../../../src/openWeights/registry.ts';
import { NO_MEMORY, READY } from '../../support/openWeights/estimateMessages.ts';
import { FakePrograms, type FakeEstimate } from '../../support/openWeights/fakePrograms.ts';

describe.skipIf(process.platform === 'win32')('the estimate before a start', () => {
  let folder: string;
  let temporary: string;
  let server: string;
  let programs: FakePrograms;
  let training: string;
  const abort = { current: new AbortController() };

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-estimate-test-'));
    temporary = path.join(folder, 'tmp');
    server = path.join(folder, 'local');
    training = path.join(folder, 'rows.jsonl');
    await mkdir(temporary);
    await mkdir(server);
    await writeFile(training, '{"a":1}\n{"a":2}\n');
    vi.stubEnv('TMPDIR', temporary);
    programs = new FakePrograms(folder);
    abort.current = new AbortController();
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    // Whatever happened, nothing of an estimate is left.
    expect(await readdir(temporary)).toEqual([]);
    await rm(folder, { recursive: true, force: true });
  });

  const MODEL = { id: 'tiny', source: 'lab/tiny', revision: 'a'.repeat(40), licence: null, addedAt: '2026-11-27' };

  /** A list with one model and the Python that says these lines about it. */
  async function listed(estimate: FakeEstimate, parameters: number | null = null): Promise<void> {
    const python = await programs.add('python', { estimate: { [MODEL.source]: estimate } });
    await updateRegistry(server, () => ({ python, models: [{ ...MODEL, parameters }] }));
  }

  const request = (changes: Partial<EstimateRequest> = {}): EstimateRequest => ({
    model: 'tiny',
    method: 'supervised',
    hyperparameters: { n_epochs: 'auto', batch_size: 4, learning_rate_multiplier: 0.5 },
    advanced: { lora_rank: 8 },
    grader: null,
    seed: 42,
    files: () => Promise.resolve({ training, validation: null }),
    ...changes,
  });
  const estimate = (changes?: Partial<EstimateRequest>) =>
    estimateTraining(request(changes), {
      server,
      env: { ...programs.env, TMPDIR: temporary, HF_TOKEN: 'hf_secret', PYTHONPATH: '/elsewhere' },
      signal: abort.current.signal,
    });

  it('has the figures and the notices of the trainer', async () => {
    const notice = { type: 'notice', code: 'too-long', message: '2 examples are\nlonger than 512 tokens' };
    await listed({ lines: [{ ...notice, level: 'warn' }, { ...notice, level: 'info', message: 'x' }, READY] });
    expect(await estimate()).toEqual({
      kind: 'figures',
      figures: {
        device: 'cpu',
        parameters: 134_515_008,
        trainableParameters: 4_884_480,
        tokensPerEpoch: 18_000,
        totalSteps: 75,
        seconds: 240,
        tokensPerSecond: 225,
        memoryNeeded: 1.2e9,
        memoryAvailable: 14e9,
      },
      notices: [
        { level: 'warn', message: '2 examples are longer than 512 tokens' },
        { level: 'info', message: 'x' },
      ],
    });
  });

  it('asks about the job that the server would train, and gives the program no token', async () => {
    await listed({ lines: [READY] });
    await estimate({
      files: async (own) => {
        const [train, held] = [path.join(own, 'a.jsonl'), path.join(own, 'b.jsonl')];
        await writeFile(train, '1\n2\n');
        await writeFile(held, '3\n');
        return { training: train, validation: held };
      },
    });
    const [call] = await programs.calls();
    expect(call).toMatchObject({ training: ['1', '2'], validation: ['3'] });
    expect(call?.args.slice(0, -1)).toEqual(['-m', 'tuning_fork_trainer', 'estimate', '--job']);
    expect(jobSchema.parse(call?.job)).toMatchObject({
      method: 'supervised',
      model: MODEL.source,
      revision: MODEL.revision,
      seed: 42,
      hyperparameters: { n_epochs: 'auto', batch_size: 4, learning_rate_multiplier: 0.5 },
      advanced: { lora_rank: 8 },
      graders: null,
    });
    expect(call?.env).not.toHaveProperty('HF_TOKEN');
    expect(call?.env).not.toHaveProperty('PYTHONPATH');
  });

  it.each([
    ['dpo', { beta: 0.2 }, null, 0.2],
    ['dpo', {}, null, 'auto'],
    ['supervised', { beta: 0.2 }, null, undefined],
    ['reinforcement', {}, { type: 'string_check' }, undefined],
  ] as const)('hands on what %s takes: %j', async (method, more, grader, beta) => {
    await listed({ lines: [READY] });
    const hyperparameters = { n_epochs: 1, batch_size: 'auto', learning_rate_multiplier: 'auto', ...more } as const;
    await estimate({ method, hyperparameters, grader, seed: null });
    const job = jobSchema.parse((await programs.calls())[0]?.job);
    expect(job.hyperparameters?.beta).toBe(beta);
    expect(job.graders).toEqual(grader);
    expect(job.seed).toBeUndefined();
  });

  it('names the largest model of the list where the memory is too small', async () => {
    await listed({ lines: [NO_MEMORY], code: 1 });
    expect(await estimate()).toEqual({
      kind: 'refused',
      problem: {
        code: 'no-memory',
        message: NO_MEMORY.message,
        action: `${NO_MEMORY.action} The largest model of the list that fits into 3.9 GB is Qwen/Qwen2.5-0.5B-Instruct.`,
      },
    });
    await listed({ lines: [{ ...NO_MEMORY, memory_available: 1e9 }], code: 1 });
    expect(await estimate()).toMatchObject({
      problem: { action: `${NO_MEMORY.action} No model of the list fits into 1 GB.` },
    });
    // Figures are optional.
    // JSON leaves it out.
    await listed({ lines: [{ ...NO_MEMORY, memory_available: undefined }], code: 1 });
    expect(await estimate()).toMatchObject({ kind: 'refused', problem: { action: NO_MEMORY.action } });
  });

  it('names no model where the settings are what is too large', async () => {
    await listed({ lines: [NO_MEMORY], code: 1 }, 134_515_008);
    expect(await estimate()).toMatchObject({ kind: 'refused', problem: { action: NO_MEMORY.action } });
  });

  it.each<[string, FakeEstimate, string, RegExp]>([
    ['garbage', { lines: ['Downloading: 12%|###'], hangs: true }, 'trainer-broken', /no message: Downloading: 12%/],
    ['a message of another time', { lines: [{ type: 'metric' }] }, 'trainer-broken', /no message: \{"type":"metric"\}/],
    ['damaged figures', { lines: [{ ...READY, total_steps: 'many' }] }, 'trainer-broken', /no message/],
    ['nothing', { lines: [], code: 2, says: "invalid choice: 'estimate'" }, 'trainer-broken', /invalid choice/],
    ['nothing, killed by the system', { lines: [], killed: true }, 'trainer-killed', /want of memory/],
    [
      'a bug of its own',
      { lines: [{ type: 'error', code: 'internal', message: 'The trainer failed: KeyError: 7', action: 'Run it.' }] },
      'internal',
      /KeyError/,
    ],
  ])('says what failed when the program writes %s', async (_, says, code, message) => {
    await listed(says);
    const told = await estimate();
    expect(told).toMatchObject({ kind: 'failed', problem: { code } });
    expect('problem' in told ? told.problem.message : '').toMatch(message);
    expect('problem' in told ? told.problem.action : '').not.toBe('');
  });

  it('says that the Python is gone, or was never there, and that the model is not on the list', async () => {
    const models = [{ ...MODEL, parameters: null }];
    await updateRegistry(server, () => ({ python: path.join(folder, 'gone'), models }));
    expect(await estimate()).toMatchObject({ kind: 'failed', problem: { code: 'trainer-broken' } });
    await updateRegistry(server, () => ({ python: null, models }));
    expect(await estimate()).toMatchObject({ kind: 'failed', problem: { code: 'not-set-up' } });
    await listed({ lines: [READY] });
    expect(await estimate({ model: 'other' })).toMatchObject({ kind: 'failed', problem: { code: 'not-listed' } });
  });

  it('ends the program when it is cancelled, also while the files are made', async () => {
    await listed({ lines: [READY], hangs: true });
    const going = estimate();
    await expect.poll(() => programs.calls()).toHaveLength(1);
    abort.current.abort();
    await expect(going).rejects.toBeInstanceOf(EstimateCancelled);
    abort.current = new AbortController();
    const making = estimate({
      files: () => {
        abort.current.abort();
        return Promise.reject(new Error('aborted'));
      },
    });
    await expect(making).rejects.toBeInstanceOf(EstimateCancelled);
    expect(await programs.calls()).toHaveLength(1);
  });

  it('hands on why the files could not be made', async () => {
    await listed({ lines: [READY] });
    const files = (): Promise<never> => Promise.reject(new Error('no such file'));
    await expect(estimate({ files })).rejects.toThrow('no such file');
  });
});

describe('the largest model that fits', () => {
  it('is the last one of the list whose memory is there', () => {
    for (const model of KNOWN_MODELS) expect(largestThatFits(model.memory)).toBe(model);
    expect(largestThatFits(1e12)).toBe(KNOWN_MODELS.at(-1));
    expect(largestThatFits((KNOWN_MODELS[0]?.memory ?? 0) - 1)).toBeNull();
  });

  it('is named only where it is smaller than the one that did not fit', () => {
    const [first, second] = KNOWN_MODELS;
    const memory = first?.memory ?? 0;
    expect(largestInWords(memory, second?.parameters ?? 0)).toContain(first?.id);
    expect(largestInWords(memory, first?.parameters ?? 0)).toBe('');
    expect(largestInWords(memory, null)).toContain(first?.id);
  });
});
