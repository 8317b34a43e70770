// A process that starts (or takes up) one job and may be killed on the way: at a named point by itself, or by its parent.
import { resumeStart } from '../../../src/jobs/start/recovery.ts';
import { startJob } from '../../../src/jobs/start/startJob.ts';
import { noSleep, sagaProvider, startInput } from './sagaRig.ts';

export interface ChildTask {
  readonly endpoint: { readonly baseUrl: string; readonly apiKey: string };
  readonly folder: string;
  readonly intentId: string;
  readonly training: string;
  readonly validation: string | null;
  readonly resume: boolean;
  /** Kills itself with SIGKILL at the n-th point of the saga; null: never. */
  readonly failpoint: number | null;
  readonly parts: { readonly threshold: number; readonly bytes: number } | null;
}

const task = JSON.parse(process.env['TUNING_FORK_TASK'] ?? '{}') as ChildTask;
let points = 0;
const deps = {
  provider: sagaProvider(task.endpoint),
  folder: task.folder,
  sleep: noSleep,
  reconcileDelaysMs: [0, 0],
  ...(task.parts ? { parts: task.parts } : {}),
  failpoint: () => {
    if (points++ === task.failpoint) process.kill(process.pid, 'SIGKILL');
  },
};
const result = await (task.resume
  ? resumeStart(task.intentId, deps)
  : startJob(startInput(task.intentId, task.training, task.validation), deps));
process.stdout.write(JSON.stringify(result.ok ? { job: result.value.job.id } : { error: result.error.code }));
process.exit(0);
