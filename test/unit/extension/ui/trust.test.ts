// Restricted Mode: commands that upload, train, query or delete at a provider are off for every argument, and say why.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { commandTable } from '../../../../src/extension/commandTable.ts';
import { COMMANDS } from '../../../../src/extension/contributions.ts';
import { OlderJobs } from '../../../../src/extension/jobs/tree/olderJobs.ts';
import type { ProblemError } from '../../../../src/extension/ui/errors.ts';
import { requireTrust } from '../../../../src/extension/ui/trust.ts';
import { chatRows, questions, startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { aJob } from '../../../support/jobBuilders.ts';
import { uiDouble } from '../../../support/uiDouble.ts';
import { editor, fileUri } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const MODEL = 'ft:gpt-4o-mini-2024-07-18:lab::1';

let extension: ExtensionDouble;
let run: (id: string, ...args: readonly unknown[]) => Promise<unknown>;
let job: { readonly connectionId: string; readonly jobId: string };

beforeEach(async () => {
  editor.reset();
  editor.trusted = false;
  // The user is asked nothing either.
  extension = await startExtension(uiDouble());
  job = { connectionId: extension.lab.id, jobId: 'ftjob-1' };
  await extension.services.jobs.load();
  extension.services.jobs.update(job.connectionId, job.jobId, {
    job: aJob({ status: 'succeeded', fineTunedModel: MODEL, resultFiles: ['file-2'] }),
    local: { startedHere: true },
  });
  const table = commandTable(
    extension.services,
    {} as Parameters<typeof commandTable>[1],
    {} as Parameters<typeof commandTable>[2],
  ) as Readonly<Record<string, (...args: readonly unknown[]) => Promise<void> | void>>;
  run = async (id, ...args) => table[id]?.(...args);
});
afterEach(async () => {
  await extension.close();
});

it.each<[string, string, (extension: ExtensionDouble) => Promise<readonly unknown[]> | readonly unknown[]]>([
  [
    'starting a job',
    COMMANDS.startFineTuning,
    async (double) => [fileUri(await double.write('a.jsonl', chatRows(questions(10))))],
  ],
  ['starting a job again', COMMANDS.startAgain, () => [job]],
  ['going on with a start', COMMANDS.resumeStart, () => []],
  ['an evaluation', COMMANDS.evaluateModel, () => [job]],
  ['going on with an evaluation', COMMANDS.resumeEvaluation, () => [{ runId: 'x' }]],
  ['asking a model', COMMANDS.tryModel, () => [job]],
  ['adding a connection', COMMANDS.addConnection, () => []],
  ['setting a key', COMMANDS.setApiKey, ({ lab }) => [lab.id]],
  ['checking a connection', COMMANDS.checkConnection, ({ lab }) => [lab.id]],
  ['editing a connection', COMMANDS.editConnection, ({ lab }) => [lab.id]],
  ['deleting a model', COMMANDS.deleteModel, ({ lab }) => [{ connectionId: lab.id, model: MODEL }]],
  ['asking for jobs', COMMANDS.refreshJobs, () => []],
  ['cancelling a job', COMMANDS.cancelJob, () => [job]],
  ['pausing a job', COMMANDS.pauseJob, () => [job]],
  ['resuming a job', COMMANDS.resumeJob, () => [job]],
  ['deleting a training file', COMMANDS.deleteTrainingFile, () => [job]],
  ['downloading results', COMMANDS.downloadResults, () => [job]],
  ['deleting files without a job', COMMANDS.deleteOrphans, ({ lab }) => [{ connectionId: lab.id }]],
])('%s is off in Restricted Mode', async (_what, id, argsOf) => {
  const refusal = (await run(id, ...(await argsOf(extension))).then(
    () => null,
    (error: unknown) => error,
  )) as ProblemError | null;
  expect(refusal?.problem).toMatchObject({
    code: 'restricted-workspace',
    message: expect.stringMatching(/are off in Restricted Mode\.$/) as unknown,
    action: 'Trust the workspace to continue.',
  });
  expect(refusal?.remedies).toMatchObject([{ title: 'Manage Workspace Trust', command: 'workbench.trust.manage' }]);
  expect(extension.server.requests).toEqual([]);
  expect(extension.looked).toEqual([]);
});

it('older jobs are not asked for in Restricted Mode', async () => {
  for (let number = 2; number <= 120; number++) {
    extension.services.jobs.update(job.connectionId, `ftjob-${String(number)}`, {
      job: aJob({ id: `ftjob-${String(number)}` }),
    });
  }
  const older = new OlderJobs(extension.services);
  await expect(older.loadMore(extension.lab.id, 100)).rejects.toMatchObject({
    problem: { code: 'restricted-workspace' },
  });
  expect(extension.server.requests).toEqual([]);
});

it('nothing is off in a trusted workspace', () => {
  editor.trusted = true;
  expect(() => {
    requireTrust();
  }).not.toThrow();
});
