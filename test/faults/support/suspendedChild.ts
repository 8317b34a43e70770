// A window that polls a job and stands still at a named place of a write, as long as its parent wants; then it goes on as if nothing
// had happened, and tries once more what it could not write.
import { writeSync } from 'node:fs';
import disk from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { JobStore } from '../../../src/jobs/store/store.ts';
import { Leadership } from '../../../src/jobs/watch/leadership.ts';
import { aJob, anEvent } from '../../support/jobBuilders.ts';

export interface SuspendedTask {
  readonly folder: string;
  /**
   * `update`: it knows that it may write, and has not yet told the store. `open`: the store has the lock, compared the record with what it
   * knows and makes the new one. `rename`: the lock was looked at for the last time.
   */
  readonly before: 'update' | 'open' | 'rename';
}

const task = JSON.parse(process.env['TUNING_FORK_TASK'] ?? '{}') as SuspendedTask;
const tell = (fact: string): void => void writeSync(1, `${fact}\n`);

function standStill(): void {
  tell('still');
  process.kill(process.pid, 'SIGSTOP');
}

/** Stands still before a record's new text is made (`open`) or comes into its place (`rename`), once. */
function standStillBefore(call: 'open' | 'rename'): void {
  const real = disk[call] as (...args: unknown[]) => Promise<unknown>;
  Object.assign(disk, {
    [call]: (...args: unknown[]) => {
      // Journals are opened to be read or appended to.
      if (call === 'open' && args[1] !== 'wx') return real(...args);
      Object.assign(disk, { [call]: real });
      syncBuiltinESMExports();
      standStill();
      return real(...args);
    },
  });
  syncBuiltinESMExports();
}

const store = new JobStore({ folder: path.join(task.folder, 'jobs'), writeEveryMs: 1_000_000 });
await store.load();
const leadership = new Leadership(path.join(task.folder, 'watch'), () => performance.now());
await leadership.lead();
const fence = leadership.token ?? 0;
store.update('here', 'ftjob-1', { job: aJob({ status: 'queued' }), fence });
await store.flush();

if (await leadership.holds()) {
  if (task.before === 'update') standStill();
  else standStillBefore(task.before);
  const newEvents = [anEvent({ id: 'late' })];
  store.update('here', 'ftjob-1', { job: aJob({ status: 'running' }), newEvents, local: { name: 'mine' }, fence });
}
await store.flush();
tell('went on');
await store.flush();
tell(`knows ${store.get('here', 'ftjob-1')?.job.status ?? 'nothing'}`);
process.exit(0);
