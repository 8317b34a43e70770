import { describe, expect, it } from 'vitest';
import {
  chooseRows,
  EVERYTHING,
  placedRows,
  prepareRows,
  sortRows,
  statusesOf,
} from '../../../../../src/core/training/compare/arrange.ts';
import {
  columnsOf,
  FIRST_COLUMNS,
  isNumeric,
  settingsAmong,
} from '../../../../../src/core/training/compare/columns.ts';
import { columnHint, columnTitle } from '../../../../../src/core/training/compare/columnWords.ts';
import { compareSettings, differingColumns } from '../../../../../src/core/training/compare/differ.ts';
import { jobRow, walkPoints, type JobRow, type RowSource } from '../../../../../src/core/training/compare/jobRow.ts';
import { jobsCsv } from '../../../../../src/core/training/compare/jobsCsv.ts';
import { MetricColumns } from '../../../../../src/core/training/curves/columns.ts';
import { aJob, aMetric } from '../../../../support/jobBuilders.ts';
import { cpuMs } from '../../../../support/cpuTime.ts';

const LOCAL: RowSource['local'] = {
  name: null,
  starred: false,
  hidden: false,
  priceEstimate: null,
  examples: null,
  sourceSha256: null,
  askedHyperparameters: null,
};

function source(overrides: Partial<RowSource> = {}): RowSource {
  return {
    job: aJob(),
    curve: new MetricColumns(),
    connectionName: 'Lab',
    cost: null,
    local: LOCAL,
    dataset: null,
    validation: null,
    evaluation: null,
    stoppedEarly: false,
    ...overrides,
  };
}

function row(id: string, values: JobRow['values'] = {}, facts: Partial<JobRow> = {}): JobRow {
  return {
    connectionId: 'lab',
    jobId: id,
    starred: false,
    hidden: false,
    runId: null,
    automatic: [],
    values,
    ...facts,
  };
}

/** CPU milliseconds of a call. */
function cost(act: () => unknown): number {
  const before = cpuMs();
  act();
  return cpuMs() - before;
}

const ids = (rows: readonly JobRow[]): readonly string[] => rows.map(({ jobId }) => jobId);

describe('the row of a job', () => {
  it('has the last and the best loss of each curve, and the best accuracy is the highest', () => {
    const curve = MetricColumns.of([
      aMetric({ step: 1, trainLoss: 2, validLoss: 1.5, trainAccuracy: 0.2 }),
      aMetric({ step: 2, trainLoss: 0.5, trainAccuracy: 0.7, others: { train_reward_mean: 3, epoch: 1 } }),
      aMetric({ step: 3, trainLoss: 1, validLoss: 1.8, trainAccuracy: 0.6, others: { train_reward_mean: 2 } }),
    ]);
    expect(jobRow(source({ curve }), 'lab').values).toMatchObject({
      'last.train_loss': 1,
      'best.train_loss': 0.5,
      'last.valid_loss': 1.8,
      'best.valid_loss': 1.5,
      'last.train_mean_token_accuracy': 0.6,
      'best.train_mean_token_accuracy': 0.7,
      'last.train_reward_mean': 2,
      'best.train_reward_mean': 3,
      step: 3,
    });
    expect(jobRow(source({ curve }), 'lab').values).not.toHaveProperty(['last.epoch']);
  });

  it('follows a curve that grows, and one whose points are corrected', () => {
    const curve = MetricColumns.of([aMetric({ step: 1, trainLoss: 2 }), aMetric({ step: 2, trainLoss: 1 })]);
    jobRow(source({ curve }), 'lab');
    curve.mergePoints([aMetric({ step: 3, trainLoss: 3 })]);
    expect(jobRow(source({ curve }), 'lab').values).toMatchObject({ 'last.train_loss': 3, 'best.train_loss': 1 });
    curve.mergePoints([aMetric({ step: 2, trainLoss: 2.5 })]);
    expect(jobRow(source({ curve }), 'lab').values).toMatchObject({ 'last.train_loss': 3, 'best.train_loss': 2 });
  });

  it('is the same when its points were looked at in parts before', () => {
    const points = Array.from({ length: 25 }, (_, n) => aMetric({ step: n + 1, trainLoss: Math.abs(n - 17) + 1 }));
    const walked = MetricColumns.of(points);
    let parts = 1;
    while (walkPoints(walked, 10)) parts++;
    expect(parts).toBe(3);
    expect(walkPoints(walked, 10)).toBe(false);
    const plain = jobRow(source({ curve: MetricColumns.of(points) }), 'lab');
    expect(jobRow(source({ curve: walked }), 'lab')).toEqual(plain);
    expect(plain.values).toMatchObject({ 'last.train_loss': 8, 'best.train_loss': 1 });
  });

  it('tells what `auto` became, and what the user chose', () => {
    const job = aJob({ hyperparameters: { n_epochs: 3, batch_size: 4, learning_rate_multiplier: 'auto' } });
    const asked = { n_epochs: 3, batch_size: 'auto', learning_rate_multiplier: 'auto' } as const;
    const made = jobRow(source({ job, local: { ...LOCAL, askedHyperparameters: asked } }), 'lab');
    expect(made.automatic).toEqual(['set.batch_size']);
    expect(made.values).toMatchObject({
      'set.n_epochs': 3,
      'set.batch_size': 4,
      'set.learning_rate_multiplier': 'auto',
    });
    expect(jobRow(source({ job }), 'lab').automatic).toEqual([]);
  });

  it('has duration, dataset, a short hash and what its evaluation says', () => {
    const made = jobRow(
      source({
        job: aJob({ createdAt: 100, finishedAt: 160 }),
        local: { ...LOCAL, sourceSha256: 'abcdef0123456789' },
        dataset: 'goods.jsonl',
        cost: 0.25,
        evaluation: { runId: 'r1', metric: 'mae', value: 12, text: 'mean error 12 · better than base' },
      }),
      'lab',
    );
    expect(made.runId).toBe('r1');
    expect(made.values).toMatchObject({
      duration: 60,
      dataset: 'goods.jsonl',
      hash: 'abcdef012345',
      cost: 0.25,
      'eval.mae': 12,
      evaluation: 'mean error 12 · better than base',
    });
  });
});

describe('what a training used', () => {
  const trainedOn = { device: 'cuda', devices: 2, workers: null, nodes: null, peakMemory: 3e9, seconds: 40 };

  it('is in the row: tokens a second of the whole training, device and peak memory', () => {
    const job = aJob({ trainedTokens: 5000, trainedOn: { ...trainedOn, workers: 4, nodes: 2 } });
    const { values } = jobRow(source({ job }), 'lab');
    expect(values).toMatchObject({ speed: 125, device: '2 × CUDA', memory: 3e9, workers: 4, nodes: 2 });
    expect(jobsCsv([jobRow(source({ job }), 'lab')], ['speed', 'device', 'memory']).split('\r\n')[1]).toBe(
      'ftjob-1,0,125,2 × CUDA,3000000000',
    );
  });

  it('is unknown, and never 0, for other servers, earlier jobs and what has not ended', () => {
    const unknown = { speed: null, device: null, memory: null, workers: null, nodes: null };
    expect(jobRow(source({ job: aJob({ trainedTokens: 5000 }) }), 'lab').values).toMatchObject(unknown);
    expect(jobRow(source({ job: aJob({ trainedOn }) }), 'lab').values).toMatchObject({ speed: null, workers: null });
    expect(columnsOf([jobRow(source({ job: aJob({ trainedOn }) }), 'lab')])).not.toContain('speed');
  });

  it('has settings of the trainer beside it, numbers as numbers', () => {
    const job = aJob({ advanced: { lora_rank: 8, packing: true, target_modules: ['q_proj'] } });
    const made = jobRow(source({ job }), 'lab');
    expect(made.values).toMatchObject({ 'set.lora_rank': 8, 'set.packing': 'on', 'set.target_modules': 'q_proj' });
    expect(columnsOf([made]).filter((column) => column.startsWith('set.'))).toEqual([
      'set.n_epochs',
      'set.batch_size',
      'set.learning_rate_multiplier',
      'set.lora_rank',
      'set.target_modules',
      'set.packing',
    ]);
    expect(columnTitle('set.lora_rank')).toBe('LoRA rank');
    expect([isNumeric('set.lora_rank'), isNumeric('set.packing')]).toEqual([true, false]);
  });

  it('says how its figures were measured', () => {
    expect(columnHint('speed')).toContain('measured');
    expect(columnHint('cost')).toBeNull();
  });
});

describe('columns', () => {
  it('are those with a value, in one order', () => {
    const rows = [
      row('a', {
        name: 'a',
        'set.batch_size': 1,
        'set.n_epochs': 2,
        'best.valid_loss': 1,
        'last.train_loss': 1,
        id: 'a',
      }),
      row('b', { name: 'b', 'best.train_loss': 1, 'last.odd_metric': 4, cost: null, hash: null }),
    ];
    expect(columnsOf(rows)).toEqual([
      'name',
      'last.train_loss',
      'best.train_loss',
      'best.valid_loss',
      'last.odd_metric',
      'set.n_epochs',
      'set.batch_size',
      'id',
    ]);
  });

  it('have titles in words, unknown metrics as they are', () => {
    expect(columnTitle('best.full_valid_loss')).toBe('Full validation loss, best');
    expect(columnTitle('last.odd_metric')).toBe('odd_metric, last');
    expect(columnTitle('set.n_epochs')).toBe('Epochs');
    for (const column of FIRST_COLUMNS) expect(columnTitle(column)).not.toBe(column);
  });

  it('are numbers where they can be placed on an axis', () => {
    expect(['cost', 'set.n_epochs', 'eval.mae', 'created'].every(isNumeric)).toBe(true);
    expect(['name', 'status', 'hash', 'set.reasoning_effort', 'evaluation'].some(isNumeric)).toBe(false);
  });
});

describe('what differs', () => {
  const rows = [
    row('a', { model: 'm', 'set.n_epochs': 1, seed: null, dataset: 'x' }),
    row('b', { model: 'm', 'set.n_epochs': 2, seed: null, dataset: 'x' }, { automatic: ['set.n_epochs'] }),
    row('c', { model: 'm', 'set.n_epochs': 1, seed: 4, dataset: 'x' }),
  ];

  it('is a column whose values are not all the same; a missing one counts', () => {
    expect(differingColumns(rows, ['model', 'set.n_epochs', 'seed'])).toEqual(['set.n_epochs', 'seed']);
    expect(differingColumns(rows.slice(0, 1), ['model', 'seed'])).toEqual([]);
    expect(differingColumns([], ['model'])).toEqual([]);
  });

  it('comes first among the settings, and what no job has is left out', () => {
    const { different, same } = compareSettings(rows, ['model', 'set.n_epochs', 'seed', 'dataset', 'suffix']);
    expect(different).toEqual([
      { column: 'set.n_epochs', values: [1, 2, 1], automatic: [false, true, false] },
      { column: 'seed', values: [null, null, 4], automatic: [false, false, false] },
    ]);
    expect(same.map(({ column }) => column)).toEqual(['model', 'dataset']);
    expect(settingsAmong(['name', 'last.train_loss', 'cost', 'model', 'set.beta', 'hash'])).toEqual([
      'set.beta',
      'hash',
      'model',
      'cost',
    ]);
  });
});

describe('the order of rows', () => {
  const rows = [
    row('a', { cost: 2, name: 'run 10' }),
    row('b', { cost: null, name: 'Run 9' }),
    row('c', { cost: 1, name: 'Änne' }),
    row('d', { cost: 2, name: 'run 9b' }, { starred: true }),
  ];

  it('is by numbers, missing ones last in both directions, equal ones as before', () => {
    expect(ids(sortRows(rows, { key: 'cost', descending: false }))).toEqual(['c', 'a', 'd', 'b']);
    expect(ids(sortRows(rows, { key: 'cost', descending: true }))).toEqual(['a', 'd', 'c', 'b']);
  });

  it('is by text as people read it', () => {
    expect(ids(sortRows(rows, { key: 'name', descending: false }))).toEqual(['c', 'b', 'd', 'a']);
  });

  it('puts numbers before `auto`', () => {
    const mixed = [row('a', { 'set.n_epochs': 'auto' }), row('b', { 'set.n_epochs': 3 })];
    expect(ids(sortRows(mixed, { key: 'set.n_epochs', descending: false }))).toEqual(['b', 'a']);
  });

  it('is by stars', () => {
    expect(ids(sortRows(rows, { key: 'star', descending: false }))).toEqual(['d', 'a', 'b', 'c']);
  });

  it('of ten thousand jobs is found within 50 ms of work', () => {
    const many = Array.from({ length: 10_000 }, (_, index) =>
      row(String(index), { name: `pricer ${(index * 7919) % 10_000}`, cost: (index * 7919) % 997 }),
    );
    // As the table does while they come in.
    prepareRows(many);
    const byName = cost(() => sortRows(many, { key: 'name', descending: true }));
    const byCost = cost(() => sortRows(many, { key: 'cost', descending: true }));
    const words = cost(() => chooseRows(many, { ...EVERYTHING, text: 'pricer 12' }));
    expect(Math.max(byName, byCost, words)).toBeLessThan(50);
  });
});

describe('the choice of rows', () => {
  const rows = [
    row('a', { name: 'Pricer', status: 'succeeded', model: 'gpt-4o' }, { starred: true }),
    row('b', { name: 'pricer', status: 'cancelled', model: 'qwen' }),
    row('c', { name: 'Crème', status: 'running' }, { hidden: true }),
  ];

  it('is by words in any text, by status in words too, by star; hidden ones only when asked for', () => {
    expect(ids(chooseRows(rows, { ...EVERYTHING, text: 'PRICER qw' }))).toEqual(['b']);
    expect(ids(chooseRows(rows, { ...EVERYTHING, text: 'canceled' }))).toEqual(['b']);
    expect(ids(chooseRows(rows, { ...EVERYTHING, starredOnly: true }))).toEqual(['a']);
    expect(ids(chooseRows(rows, { ...EVERYTHING, status: 'succeeded' }))).toEqual(['a']);
    expect(ids(chooseRows(rows, EVERYTHING))).toEqual(['a', 'b']);
    expect(ids(chooseRows(rows, { ...EVERYTHING, withHidden: true, text: 'creme' }))).toEqual(['c']);
  });

  it('reads the texts of a prepared row no more', () => {
    const values = { name: 'Pricer 12', status: 'succeeded' };
    let reads = 0;
    const counting = new Proxy(values, {
      ownKeys: (target) => {
        reads += 1;
        return Reflect.ownKeys(target);
      },
    });
    const prepared = row('a', counting);
    prepareRows([prepared]);
    expect(reads).toBe(1);
    expect(ids(chooseRows([prepared], { ...EVERYTHING, text: 'pricer 12' }))).toEqual(['a']);
    expect(ids(chooseRows([prepared], { ...EVERYTHING, text: 'pricer 13' }))).toEqual([]);
    expect(reads).toBe(1);
  });

  it('offers the statuses that there are', () => {
    expect(statusesOf([...rows, row('d', { status: 'running' })])).toEqual([
      ['running', 2],
      ['cancelled', 1],
      ['succeeded', 1],
    ]);
  });
});

describe('jobs in the plane', () => {
  it('are those with both numbers', () => {
    const rows = [
      row('a', { 'set.n_epochs': 3, 'best.valid_loss': 1 }),
      row('b', { 'set.n_epochs': 'auto', 'best.valid_loss': 1 }),
      row('c', { 'set.n_epochs': 1, 'best.valid_loss': 2 }),
      row('d', { 'set.n_epochs': 1 }),
    ];
    expect(
      placedRows(rows, 'set.n_epochs', 'best.valid_loss').map(({ row: { jobId }, x, y }) => [jobId, x, y]),
    ).toEqual([
      ['c', 1, 2],
      ['a', 3, 1],
    ]);
  });
});

describe('jobs as CSV', () => {
  it('lets no name become a formula, and has times as ISO', () => {
    const rows = [
      row('j1', { name: '=cmd()', created: 0, cost: -1, id: 'j1' }, { starred: true }),
      row('@j2', { name: 'a,b' }),
    ];
    expect(jobsCsv(rows, ['name', 'created', 'cost', 'id'])).toBe(
      'id,starred,name,created,cost\r\nj1,1,\'=cmd(),1970-01-01T00:00:00.000Z,-1\r\n\'@j2,0,"a,b",,\r\n',
    );
  });
});
