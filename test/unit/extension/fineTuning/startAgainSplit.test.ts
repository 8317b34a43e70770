import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startAgain } from '../../../../src/extension/fineTuning/startAgain.ts';
import { askAndStart, planFor } from '../../../../src/extension/fineTuning/startFineTuning.ts';
import { editor } from '../../../support/vscodeDouble.ts';
import { range, startRig, SUMMARY, type StartRig } from './startRig.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

let rig: StartRig;
const start = [
  { pick: SUMMARY, answer: '$(play) Start' },
  { modal: /^Start a paid job at Lab/, answer: /^Start at Unknown Price/ },
] as const;
const changed = 'prices.jsonl has changed since it was uploaded. Which version?';

beforeEach(async () => {
  editor.reset();
  rig = await startRig();
});
afterEach(async () => {
  rig.ui.done();
  await rig.close();
});

/** Starts a first job of 40 rows with a tenth set aside. */
async function splitAndStart(): Promise<void> {
  const { services, ui, connection } = rig;
  const file = await rig.write(range(0, 40));
  const plan = await planFor(services, file, {
    connection,
    model: 'base-1',
    validation: { kind: 'split' },
    suffix: '',
    seed: 7,
  });
  ui.expect(...start);
  await askAndStart(services, 'Fine-Tune', plan);
}

async function again(index: number): Promise<void> {
  const { services, server, connection } = rig;
  await startAgain(services, { connectionId: connection.id, jobId: server.ledger.jobs[index]?.id ?? '' });
}

function expectSplit(
  { training, validation }: Awaited<ReturnType<StartRig['rowsOf']>>,
  rows: readonly number[],
  share = 0.1,
): void {
  expect(validation).toHaveLength(Math.round(rows.length * share));
  // Each row is on one side: no row is both trained on and measured.
  expect([...training, ...validation].sort((a, b) => a - b)).toEqual(rows);
}

describe('starting again after the dataset was split', () => {
  it('takes the very same parts', async () => {
    await splitAndStart();
    expectSplit(await rig.rowsOf(0), range(0, 40));
    rig.ui.expect(...start);
    await again(0);
    expect(await rig.rowsOf(1)).toEqual(await rig.rowsOf(0));
  });

  it('takes the parts of then when that is chosen, although the dataset has changed', async () => {
    await splitAndStart();
    await rig.write(range(0, 60));
    rig.ui.expect({ pick: changed, answer: 'As uploaded' }, ...start);
    await again(0);
    expect(await rig.rowsOf(1)).toEqual(await rig.rowsOf(0));
  });

  it('splits the dataset as it is now, also of a job that was started again itself', async () => {
    await splitAndStart();
    rig.ui.expect(...start);
    await again(0);
    await rig.write(range(0, 60));
    for (const job of [0, 1]) {
      rig.ui.expect({ pick: changed, answer: 'As it is now' }, ...start);
      await again(job);
      expectSplit(await rig.rowsOf(job + 2), range(0, 60));
    }
    // Equal seeds give equal splits.
    expect(await rig.rowsOf(3)).toEqual(await rig.rowsOf(2));
  });

  it('knows from its journals that a job of an earlier version was split', async () => {
    const { services, server, connection } = rig;
    await splitAndStart();
    rig.ui.expect(...start);
    await again(0);
    for (const { id } of server.ledger.jobs) services.jobs.update(connection.id, id, { local: { splitSeed: null } });
    await rig.write(range(0, 60));
    for (const job of [0, 1]) {
      rig.ui.expect({ pick: changed, answer: 'As it is now' }, ...start);
      await again(job);
      expectSplit(await rig.rowsOf(job + 2), range(0, 60));
    }
  });

  it('measures with the file that was chosen, where the dataset was not split', async () => {
    const { services, ui, connection } = rig;
    const file = await rig.write(range(0, 40));
    const plan = await planFor(services, file, { connection, model: 'base-1', suffix: '', seed: 7 });
    ui.expect(...start);
    await askAndStart(services, 'Fine-Tune', plan);
    await rig.write(range(0, 60));
    ui.expect({ pick: changed, answer: 'As it is now' }, ...start);
    await again(0);
    expect(await rig.rowsOf(1)).toEqual({ training: range(0, 60), validation: [] });
  });

  it.each(['journals', 'copies'])('splits again the same way when the %s were cleared away', async (what) => {
    await splitAndStart();
    const gone = what === 'journals' ? ['intents', 'snapshots'] : ['snapshots'];
    for (const folder of gone) await rm(`${rig.services.folder}/${folder}`, { recursive: true });
    rig.ui.expect(...start);
    await again(0);
    expect(await rig.rowsOf(1)).toEqual(await rig.rowsOf(0));
  });
});
