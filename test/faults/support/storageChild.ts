// A process that writes until it is killed, or so many times.
import path from 'node:path';
import { ConnectionStore } from '../../../src/connections/store.ts';
import { updateFile } from '../../../src/storage/atomicFile.ts';
import { IntentJournal } from '../../../src/jobs/start/intentJournal.ts';
import { JobStore } from '../../../src/jobs/store/store.ts';
import { aJob, anEvent } from '../../support/jobBuilders.ts';

export interface StorageTask {
  readonly folder: string;
  /** What is written: one record of the job store, a shared file, the list of connections, or an intent's journal. */
  readonly kind: 'store' | 'shared' | 'connections' | 'journal';
  readonly name: string;
  /** Updates; null: until killed. */
  readonly updates: number | null;
}

const task = JSON.parse(process.env['TUNING_FORK_TASK'] ?? '{}') as StorageTask;
// What was acknowledged, so that the parent knows what must be there.
const acknowledge = (index: number): void => void process.stdout.write(`${String(index)}\n`);

if (task.kind === 'store') {
  const store = new JobStore({ folder: path.join(task.folder, 'jobs'), writeEveryMs: 1_000_000 });
  await store.load();
  for (let index = 0; index !== task.updates; index++) {
    const newEvents = [anEvent({ id: `${task.name}-${String(index)}`, createdAt: index, message: 'x'.repeat(200) })];
    store.update('here', 'ftjob-1', { job: aJob(), newEvents });
    await store.flush();
    acknowledge(index);
  }
} else if (task.kind === 'shared') {
  for (let index = 0; index !== task.updates; index++) {
    await updateFile(path.join(task.folder, 'shared.json'), (text) =>
      JSON.stringify([...(JSON.parse(text ?? '[]') as string[]), `${task.name}-${String(index)}`]),
    );
    acknowledge(index);
  }
} else if (task.kind === 'connections') {
  const store = new ConnectionStore(task.folder);
  for (let index = 0; index !== task.updates; index++) {
    const name = `${task.name}-${String(index)}`;
    await store.add({ kind: 'compatible', name, baseUrl: `http://127.0.0.1:4000/${name}` });
    acknowledge(index);
  }
} else {
  const journal = await IntentJournal.open(task.folder, task.name);
  for (let index = 0; index !== task.updates; index++) {
    await journal.append({ fact: 'failed', code: String(index), message: 'x'.repeat(300) });
    acknowledge(index);
  }
}
process.exit(0);
