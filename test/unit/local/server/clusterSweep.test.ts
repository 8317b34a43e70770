// Runs of a sweep that a cluster trains: started together, apart from everything else.
import { afterEach, beforeEach, expect, it } from 'vitest';
import OpenAI from 'openai';
import { clusterSweepOf } from '../../../../src/core/training/sweep/sweepMetadata.ts';
import { createFaultServer, type LocalFaultServer } from '../../../support/faultServer.ts';
import { upload } from '../serveProcess.ts';

let server: LocalFaultServer;
let file: string;
/** Jobs whose training was begun, in order. */
let begun: string[];

beforeEach(async () => {
  server = await createFaultServer({ engine: 'endless' });
  server.engine.isElsewhere = true;
  begun = [];
  const start = server.engine.start.bind(server.engine);
  server.engine.start = (order, report) => {
    if (order.task === 'train') begun.push(order.jobId);
    return start(order, report);
  };
  const client = new OpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey });
  file = await upload(client, 'x\n'.repeat(10));
});
afterEach(() => server.close());

async function create(sweep?: string, runs = '3'): Promise<string> {
  const metadata = sweep === undefined ? {} : { tuning_fork_sweep: sweep, tuning_fork_sweep_runs: runs };
  const body = { model: 'base-1', training_file: file, metadata };
  return ((await server.direct('POST', '/fine_tuning/jobs', body)) as { readonly id: string }).id;
}

async function status(id: string): Promise<string> {
  return ((await server.direct('GET', `/fine_tuning/jobs/${id}`)) as { readonly status: string }).status;
}

const act = (id: string, action: string): Promise<unknown> =>
  server.direct('POST', `/fine_tuning/jobs/${id}/${action}`);

it('run beside each other, and other jobs before or after them', async () => {
  const [one, two] = [await create('sweep-one'), await create('sweep-one')];
  const [other, late] = [await create(), await create('sweep-one')];
  await expect.poll(() => Promise.all([one, two].map(status))).toEqual(['running', 'running']);
  // In turn: the third run came after a job that has to wait for the others.
  await expect.poll(() => Promise.all([other, late].map(status))).toEqual(['queued', 'queued']);
  await act(one, 'cancel');
  await act(two, 'cancel');
  await expect.poll(() => status(other)).toBe('running');
  await act(other, 'cancel');
  await expect.poll(() => status(late)).toBe('running');
  expect(begun).toEqual([one, two, other, late]);
});

it('run one after the other where this machine trains them', async () => {
  server.engine.isElsewhere = false;
  const [one, two] = [await create('sweep-one'), await create('sweep-one')];
  await expect.poll(() => Promise.all([one, two].map(status))).toEqual(['running', 'queued']);
  const three = await create('sweep-one');
  await expect.poll(() => status(three)).toBe('queued');
  await act(three, 'pause');
  expect(begun).toEqual([one]);
});

it('take their turn alone once they go on after a pause', async () => {
  const [one, two] = [await create('sweep-one'), await create('sweep-one')];
  await expect.poll(() => Promise.all([one, two].map(status))).toEqual(['running', 'running']);
  await act(one, 'pause');
  await act(one, 'resume');
  // Behind it, and looked at since.
  const three = await create('sweep-one');
  await expect.poll(() => status(three)).toBe('queued');
  await act(three, 'pause');
  expect(begun).toEqual([one, two]);
  await act(two, 'cancel');
  await expect.poll(() => status(one)).toBe('running');
});

it.each([
  ['short', '3'],
  ['../../../etc/passwd', '3'],
  ['sweep-one', '0'],
  ['sweep-one', '101'],
  ['sweep-one', '3; rm'],
  ['s'.repeat(65), '3'],
])('are no runs of a sweep with the id %s and the count %s', (id, runs) => {
  expect(clusterSweepOf({ tuning_fork_sweep: id, tuning_fork_sweep_runs: runs })).toBeNull();
  expect(clusterSweepOf({ tuning_fork_sweep: 'sweep-one', tuning_fork_sweep_runs: '100' })).toEqual({
    id: 'sweep-one',
    runs: 100,
  });
});
