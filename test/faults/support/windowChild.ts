// A window: a store and a monitor of one connection, sharing a folder with other windows.
import path from 'node:path';
import { JobMonitor } from '../../../src/jobs/watch/monitor.ts';
import { LOOPBACK_PACE } from '../../../src/jobs/watch/pace.ts';
import { JobStore } from '../../../src/jobs/store/store.ts';
import { createClient } from '../../../src/openai/client.ts';

export interface WindowTask {
  readonly endpoint: { readonly baseUrl: string; readonly apiKey: string };
  readonly folder: string;
}

const task = JSON.parse(process.env['TUNING_FORK_TASK'] ?? '{}') as WindowTask;
const client = createClient({ baseUrl: task.endpoint.baseUrl, apiKey: task.endpoint.apiKey });
const store = new JobStore({ folder: path.join(task.folder, 'jobs') });
await store.load();
store.follow();
const monitor = new JobMonitor({
  connectionId: 'here',
  provider: () => Promise.resolve(client),
  store,
  pace: LOOPBACK_PACE,
  leaseFolder: path.join(task.folder, 'watch'),
});
// The parent reads what this window knows and does, one fact a line.
const tell = (fact: string): void => void process.stdout.write(`${fact}\n`);
monitor.onState((state) => {
  tell(`state ${state}`);
});
monitor.onJobEnded(({ record }) => {
  tell(`ended ${record.job.id}`);
});
store.onDidChange(({ record }) => {
  if (record) tell(`job ${record.job.id} ${record.job.status}`);
});
for (const { job } of store.list()) tell(`job ${job.id} ${job.status}`);
monitor.poke(false);
process.stdin.on('data', (text: Buffer) => {
  if (text.toString().includes('quit')) {
    monitor.dispose();
    void store.dispose().then(() => process.exit(0));
  }
});
