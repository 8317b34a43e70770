import { describe, expect, it, vi } from 'vitest';
import { COMMANDS } from '../../../../src/extension/contributions.ts';
import { jobCommands, type JobSurfaces } from '../../../../src/extension/jobs/lateCommands.ts';
import type { Services } from '../../../../src/extension/services.ts';
import { NO_LOCAL_FACTS, type JobRecord } from '../../../../src/jobs/store/jobRecord.ts';
import { aHistory, aJob } from '../../../support/jobBuilders.ts';
import { uiDouble, type Line } from '../../../support/uiDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

function record(id: string, fineTunedModel: string | null): JobRecord {
  const local = { ...NO_LOCAL_FACTS, name: id };
  return {
    connectionId: 'c',
    job: aJob({ id, fineTunedModel }),
    ...aHistory(),
    checkpoints: [],
    local,
    complete: true,
    gone: false,
    seenAt: 0,
  };
}

const RECORDS = [record('prices', 'ft:prices'), record('topics', null)];

function commands(...lines: readonly Line[]): {
  run: (id: 'openJob' | 'copyModelName', arg?: unknown) => unknown;
  opened: unknown[];
} {
  const opened: unknown[] = [];
  const services = {
    ui: uiDouble(...lines),
    jobs: {
      load: () => Promise.resolve(),
      list: () => RECORDS,
      get: (_: string, id: string) => RECORDS.find(({ job }) => job.id === id),
    },
    connections: { list: () => Promise.resolve([{ id: 'c', name: 'Lab' }]) },
    panels: { openJob: (ref: unknown) => Promise.resolve(opened.push(ref)) },
  } as unknown as Services;
  const table = jobCommands(services, {} as JobSurfaces);
  return { run: (id, arg) => table[COMMANDS[id]](arg, undefined), opened };
}

describe('a job command of the palette', () => {
  it('opens the charts of the job that is chosen', async () => {
    const { run, opened } = commands({
      pick: 'Which job?',
      title: 'Open Charts',
      offers: ['prices'],
      answer: 'topics',
    });
    await run('openJob');
    expect(opened).toEqual([{ connectionId: 'c', jobId: 'topics' }]);
  });

  it('copies the name of the model of the job that is chosen, and asks about jobs with one only', async () => {
    const { run } = commands(
      { pick: 'Which job?', title: 'Copy Model Name', answer: 'prices' },
      { copy: 'ft:prices' },
      { status: /Model name copied/ },
    );
    await run('copyModelName');
    await expect(async () => {
      await run('copyModelName', { connectionId: 'c', jobId: 'topics' });
    }).rejects.toThrow('This job has no fine-tuned model.');
  });

  it('takes the job of the tree and the model of the Models view without asking', async () => {
    const { run, opened } = commands({ copy: 'gpt-x' }, { status: /Model name copied/ });
    await run('openJob', { connectionId: 'c', jobId: 'prices' });
    await run('copyModelName', { connectionId: 'c', model: 'gpt-x' });
    expect(opened).toEqual([{ connectionId: 'c', jobId: 'prices' }]);
  });
});
