import { afterEach, describe, expect, it, vi } from 'vitest';
import { COMMANDS } from '../../../../../src/extension/contributions.ts';
import { MOST_COMPARED } from '../../../../../src/extension/jobs/compare/compareCommands.ts';
import { jobCommands, type JobSurfaces } from '../../../../../src/extension/jobs/lateCommands.ts';
import { startExtension, type ExtensionDouble } from '../../../../support/extensionDouble.ts';
import { aJob } from '../../../../support/jobBuilders.ts';
import { uiDouble, type Line } from '../../../../support/uiDouble.ts';

vi.mock('vscode', async () => (await import('../../../../support/vscodeDouble.ts')).vscodeDouble());

let extension: ExtensionDouble;
afterEach(() => extension.close());

async function started(lines: readonly Line[], jobs = ['a', 'b', 'c']) {
  extension = await startExtension(uiDouble(...lines));
  const { services, lab } = extension;
  await services.jobs.load();
  const charts: unknown[] = [];
  services.panels.compareCharts = (refs) => Promise.resolve(void charts.push(refs));
  for (const id of jobs) services.jobs.update(lab.id, id, { job: aJob({ id, suffix: `job ${id}` }) });
  const table = jobCommands(services, {} as JobSurfaces);
  return {
    run: table[COMMANDS.compareCharts],
    openTable: table[COMMANDS.compareJobs],
    charts,
    ref: (jobId: string) => ({ connectionId: lab.id, jobId }),
  };
}

describe('Compare Charts', () => {
  it('opens the jobs that the table names', async () => {
    const { run, charts, ref } = await started([]);
    await run([ref('a'), ref('c')]);
    expect(charts).toEqual([[ref('a'), ref('c')]]);
  });

  it('opens the jobs that are selected in the view, whichever was clicked', async () => {
    const { run, charts, ref } = await started([]);
    const nodes = [ref('c'), ref('b')].map((node) => ({ kind: 'job', ...node }));
    await run(nodes[0], [...nodes, { kind: 'connection', id: 'x' }]);
    expect(charts).toEqual([[ref('c'), ref('b')]]);
  });

  it('asks which jobs, with the clicked one checked', async () => {
    const { run, charts, ref } = await started([
      {
        pickMany: 'Which jobs?',
        answer: ['job a', 'job b'],
      },
    ]);
    await run({ kind: 'job', ...ref('a') }, undefined);
    expect((charts[0] as unknown[]).length).toBe(2);
  });

  it('wants two jobs at least, and not more than a chart can show', async () => {
    const { run, ref, charts } = await started([{ pickMany: 'Which jobs?', answer: ['job a'] }]);
    await expect(async () => run()).rejects.toThrow('Curves are compared between two jobs or more.');
    const many = Array.from({ length: MOST_COMPARED + 1 }, (_, index) => ref(String(index)));
    await expect(async () => run(many)).rejects.toThrow('25 jobs are too many for one chart; 24 are possible.');
    expect(charts).toEqual([]);
  });

  it('says that there is nothing to compare', async () => {
    const { run } = await started([], ['a']);
    await expect(async () => run()).rejects.toThrow('There are fewer than two jobs to compare.');
  });
});

describe('Compare Jobs', () => {
  it('opens the table', async () => {
    const { openTable } = await started([]);
    await openTable();
    expect(extension.opened).toEqual(['jobs']);
  });
});
