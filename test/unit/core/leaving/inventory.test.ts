import { describe, expect, it } from 'vitest';
import {
  takeInventory,
  type InventoryInput,
  type LeavingJob,
  type LeavingRun,
} from '../../../../src/core/leaving/inventory.ts';
import type { RunConfig } from '../../../../src/core/evaluation/types.ts';
import type { Job } from '../../../../src/core/training/job.ts';

const NOW = Date.parse('2026-11-27T12:00:00Z');
const MINI = 'ft:gpt-4o-mini-2024-07-18:acme:pricer:AbCd1234';
const NANO = 'ft:gpt-4.1-nano-2025-04-14:acme:router:EfGh5678';

function job(model: string, changes: Partial<Job> = {}, local: Partial<LeavingJob['local']> = {}): LeavingJob {
  return {
    job: {
      id: `job of ${model}`,
      createdAt: 1000,
      model: model.split(':')[1] ?? '',
      fineTunedModel: model,
      status: 'succeeded',
      suffix: model.split(':')[3] ?? null,
      trainingFile: 'file-train',
      validationFile: null,
      resultFiles: [],
      metadata: {},
      ...changes,
    } as Job,
    gone: false,
    checkpoints: [],
    local: { name: null, trainingPath: null, validationPath: null, testPath: null, ...local },
  };
}

function run(
  id: string,
  model: string,
  changes: Partial<Omit<LeavingRun, 'config'>> & { readonly config?: Partial<RunConfig> },
): LeavingRun {
  const config = {
    id,
    createdAt: Number(id.replace(/\D/g, '')),
    name: 'goods.test.jsonl',
    testFile: { path: '/data/goods.test.jsonl', sha256: 'x', items: 40 },
    contestants: [
      { id: 'c1', kind: 'fine-tuned', label: 'x', connectionId: 'openai', model },
      { id: 'constant', kind: 'constant', label: 'constant' },
    ],
    ...changes.config,
  } as RunConfig;
  return { status: 'finished', answered: 80, ...changes, config };
}

function take(changes: Partial<InventoryInput> = {}) {
  return takeInventory({
    connection: { id: 'openai', kind: 'openai', name: 'OpenAI', baseUrl: 'https://api.openai.com/v1' },
    now: NOW,
    models: null,
    files: [],
    jobs: [],
    runs: [],
    isHere: () => false,
    ...changes,
  });
}

describe('the inventory of a provider', () => {
  it('has the models with the fewest days left first, those of unknown jobs too', () => {
    const listed = [MINI, NANO, 'ft:gpt-3.5-turbo-0125:acme:old:IjKl'].map((id) => ({
      id,
      createdAt: 5,
      ownedBy: null,
      shutdownDate: null,
      tunable: null,
    }));
    const { models } = take({ models: listed, jobs: [job(MINI)] });
    expect(
      models.map(({ model, title, deadline }) => [model.split(':')[1], title, deadline?.daysLeft ?? null]),
    ).toEqual([
      ['gpt-4.1-nano-2025-04-14', 'router', -35],
      ['gpt-4o-mini-2024-07-18', 'pricer', 48],
      ['gpt-3.5-turbo-0125', 'old', null],
    ]);
    expect(models[0]).toMatchObject({ jobId: null, trainingFile: null, base: 'gpt-4.1-nano-2025-04-14' });
  });

  it('says where the training file is', () => {
    const file = { id: 'file-train', filename: 'a', bytes: 1, createdAt: 1, purpose: 'fine-tune', status: null };
    const place = (changes: Partial<InventoryInput>) => take({ jobs: [job(MINI)], ...changes }).models[0]?.trainingFile;
    expect(place({ files: [file] })).toEqual({ place: 'provider', id: 'file-train' });
    expect(place({ files: [] })).toEqual({ place: 'gone', id: 'file-train' });
    expect(place({ files: null })).toEqual({ place: 'unknown', id: 'file-train' });
    const here = { jobs: [job(MINI, {}, { trainingPath: '/copies/train.jsonl' })], files: [file] };
    expect(place({ ...here, isHere: (path) => path === '/copies/train.jsonl' })).toMatchObject({ place: 'here' });
    // A copy that was deleted here is not here.
    expect(place(here)).toEqual({ place: 'provider', id: 'file-train' });
    expect(place({ takenPath: () => '/taken/a.jsonl', isHere: (path) => path === '/taken/a.jsonl' })).toEqual({
      place: 'here',
      id: 'file-train',
      path: '/taken/a.jsonl',
    });
  });

  it('proposes the file of the last evaluation, else the test file, else the validation file', () => {
    const jobs = [job(MINI, {}, { testPath: '/test.jsonl', validationPath: '/valid.jsonl' })];
    const file = (here: readonly string[], runs: readonly LeavingRun[] = []) =>
      take({ jobs, runs, isHere: (path) => here.includes(path) }).models[0]?.testFile;
    const all = ['/data/goods.test.jsonl', '/test.jsonl', '/valid.jsonl'];
    expect(file(all, [run('run-1', MINI, {})])).toBe('/data/goods.test.jsonl');
    expect(file(all)).toBe('/test.jsonl');
    expect(file(['/valid.jsonl'])).toBe('/valid.jsonl');
    expect(file([])).toBeNull();
  });

  it('finds the run with the most of its answers, and does not count those of others', () => {
    const runs = [
      run('run-1', MINI, { status: 'paused', answered: 65 }),
      run('run-2', MINI, { status: 'cancelled', answered: 45 }),
      // The recorded answers in the run of a replacement are no answers of its own.
      run('run-3', 'other', {
        config: {
          contestants: [
            { id: 'c1', kind: 'fine-tuned', label: 'new', connectionId: 'openai', model: 'other' },
            { id: 'old', kind: 'fine-tuned', label: 'x', recorded: { run: 'run-1', model: MINI, at: 1 } },
          ],
        },
      }),
    ];
    const [model] = take({ jobs: [job(MINI)], runs }).models;
    // 80 rows, of which 15 are missing; all of them may be the model's.
    expect(model?.recording).toMatchObject({ run: 'run-1', items: 40, answered: 25 });
    expect(model?.lastEvaluation).toBeNull();
    // A run that ended with failed rows is not whole.
    const failed = take({ jobs: [job(MINI)], runs: [run('run-4', MINI, { answered: 77 })] }).models[0];
    expect(failed?.recording).toMatchObject({ answered: 37, items: 40, status: 'finished' });
    expect(failed?.lastEvaluation).toMatchObject({ run: 'run-4' });
  });

  it('leaves out models that the list no longer has, and jobs that are gone', () => {
    const listed = [{ id: MINI, createdAt: 5, ownedBy: null, shutdownDate: null, tunable: null }];
    const base = { id: 'gpt-4o-mini', createdAt: 5, ownedBy: null, shutdownDate: null, tunable: null };
    const jobs = [job(MINI), job(NANO)];
    expect(take({ models: [...listed, base], jobs }).models.map(({ model }) => model)).toEqual([MINI]);
    expect(take({ models: null, jobs: jobs.map((one) => ({ ...one, gone: true })) }).models).toEqual([]);
  });
});
