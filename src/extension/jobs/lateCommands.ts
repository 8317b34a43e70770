import { t } from '../../core/base/messages.ts';
import type { SnippetLanguage } from '../../core/training/words/codeSnippets.ts';
import { COMMANDS, INTERNAL, type CommandTable } from '../contributions.ts';
import { copyCodeFor } from '../models/codeToCopy.ts';
import { copyNameOfModel } from '../models/modelCommands.ts';
import { isJobRef, recordOf } from './jobRef.ts';
import { isModelRef } from '../models/modelRef.ts';
import type { Services } from '../services.ts';
import { requireTrust } from '../ui/trust.ts';
import { compareCharts } from './compare/compareCommands.ts';
import { chooseJob } from './commands/chooseJob.ts';
import { copyJobId, copyModelName } from './commands/copyCommands.ts';
import { clearJobFilter, filterJobs, showHiddenJobs } from './commands/filterCommands.ts';
import { cancelJob, pauseJob, resumeJob } from './commands/jobControl.ts';
import { deleteTrainingFile, downloadResults } from './commands/jobFiles.ts';
import { openInDashboard, openWandbRun } from './commands/jobLinks.ts';
import { adoptJob, hideJob, renameJob, unhideJob } from './commands/nameAndHide.ts';
import type { JobEventLogs } from './documents/jobEvents.ts';
import type { LateTrainingFiles } from './documents/lateTrainingFiles.ts';
import type { JobsTree } from './tree/jobsTree.ts';

/** Parts of the window that job commands change. */
export interface JobSurfaces {
  readonly tree: JobsTree;
  readonly events: JobEventLogs;
  readonly files: LateTrainingFiles;
}

export function jobCommands(services: Services, { tree, events, files }: JobSurfaces): CommandTable<'jobs'> {
  return {
    [COMMANDS.refreshJobs]: async () => {
      requireTrust();
      for (const connection of await services.connections.list()) await services.watch.look(connection.id, true);
    },
    [COMMANDS.openJob]: (ref) => openJob(services, ref),
    [COMMANDS.copyModelName]: (ref) =>
      isModelRef(ref) ? copyNameOfModel(services.ui, ref) : copyModelName(services, ref),
    [COMMANDS.copyJobId]: (ref) => copyJobId(services, ref),
    [COMMANDS.copyAsPython]: (ref) => copyCode(services, ref, 'python'),
    [COMMANDS.copyAsTypeScript]: (ref) => copyCode(services, ref, 'typescript'),
    [COMMANDS.copyAsCurl]: (ref) => copyCode(services, ref, 'curl'),
    [COMMANDS.cancelJob]: (ref) => cancelJob(services, ref),
    [COMMANDS.pauseJob]: (ref) => pauseJob(services, ref),
    [COMMANDS.resumeJob]: (ref) => resumeJob(services, ref),
    [COMMANDS.hideJob]: (ref) => hideJob(services, ref),
    [COMMANDS.unhideJob]: (ref) => unhideJob(services, ref),
    [COMMANDS.renameJob]: (ref) => renameJob(services, ref),
    [COMMANDS.adoptJob]: (ref) => adoptJob(services, ref),
    [COMMANDS.showHiddenJobs]: () => {
      showHiddenJobs(tree, true);
    },
    [COMMANDS.leaveOutHiddenJobs]: () => {
      showHiddenJobs(tree, false);
    },
    [COMMANDS.filterJobs]: () => filterJobs(services, tree),
    [COMMANDS.clearJobFilter]: () => {
      clearJobFilter(tree);
    },
    [INTERNAL.loadMoreJobs]: (connectionId) => tree.loadMore(connectionId),
    [INTERNAL.revealJob]: (ref) => (isJobRef(ref) ? tree.reveal(ref) : undefined),
    [COMMANDS.showJobEvents]: (ref) => events.open(ref),
    [COMMANDS.openTrainingFile]: (ref, role) => files.open(ref, role === 'validation' ? { role: 'validation' } : {}),
    [COMMANDS.openFailedLine]: (ref) => files.openFailedLine(ref),
    [COMMANDS.deleteTrainingFile]: (ref) => deleteTrainingFile(services, ref),
    [COMMANDS.downloadResults]: (ref) => downloadResults(services, ref),
    [COMMANDS.openInDashboard]: (ref) => openInDashboard(services, ref),
    [COMMANDS.openWandbRun]: (ref) => openWandbRun(services, ref),
    [COMMANDS.compareJobs]: () => services.panels.openJobs(),
    [COMMANDS.compareCharts]: (...args) => compareCharts(services, args),
  };
}

async function openJob(services: Services, arg: unknown): Promise<void> {
  const { connectionId, job } = await chooseJob(services, arg, {
    title: t('Open Charts'),
    none: t('There is no job yet.'),
  });
  await services.panels.openJob({ connectionId, jobId: job.id });
}

/** Copies code for a model, or for a job; the code for a job looks up the name of its model. */
async function copyCode(services: Services, ref: unknown, language: SnippetLanguage): Promise<void> {
  await services.jobs.load();
  if (isModelRef(ref)) await copyCodeFor(services, language, ref.connectionId, { model: ref.model });
  else {
    const record = recordOf(services, ref);
    await copyCodeFor(services, language, record.connectionId, { record });
  }
}
