import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Connection } from '../../../../src/core/provider/connection.ts';
import { ProviderFailure } from '../../../../src/core/provider/failure.ts';
import { JobWatch } from '../../../../src/extension/jobs/jobWatch.ts';
import { JobStore } from '../../../../src/jobs/store/store.ts';

const lab: Connection = { id: 'lab', kind: 'compatible', name: 'Lab', baseUrl: 'http://127.0.0.1:4000/v1' };
const refused = new ProviderFailure(
  { code: 'key-refused', message: 'It refused the key.', action: 'Set another one.' },
  { outcome: 'refused', advice: 'stop', status: 401, serverCode: null, retryAfterMs: null },
);

let folder: string;
let store: JobStore;
let watch: JobWatch;
const listJobs = vi.fn<() => Promise<unknown>>();

beforeEach(async () => {
  listJobs.mockReset();
  listJobs.mockRejectedValue(refused);
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
  store = new JobStore({ folder: path.join(folder, 'jobs') });
  watch = new JobWatch({
    store,
    folder,
    isTrusted: () => true,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    providers: { connection: () => Promise.resolve(lab), get: () => Promise.resolve({ listJobs }) },
  } as unknown as ConstructorParameters<typeof JobWatch>[0]);
});
afterEach(async () => {
  watch.dispose();
  await watch.flush();
  await store.dispose();
  await rm(folder, { recursive: true, maxRetries: 3 });
});

it('asks once more when a key was set', async () => {
  await watch.look('lab', true);
  await vi.waitUntil(() => watch.problem('lab') !== null, { timeout: 15_000 });
  const before = listJobs.mock.calls.length;
  listJobs.mockResolvedValue({ jobs: [], next: null });
  watch.askAgain('another');
  expect(listJobs.mock.calls.length).toBe(before);
  watch.askAgain('lab');
  await vi.waitUntil(() => watch.problem('lab') === null, { timeout: 15_000 });
  expect(listJobs.mock.calls.length).toBeGreaterThan(before);
});

it('ends what runs for a connection that was removed, and nothing else', async () => {
  await watch.look('lab', true);
  await vi.waitUntil(() => watch.problem('lab') !== null, { timeout: 15_000 });
  watch.keepOnly([lab]);
  expect(watch.problem('lab')?.code).toBe('key-refused');
  watch.keepOnly([]);
  expect(watch.problem('lab')).toBeNull();
  const before = listJobs.mock.calls.length;
  watch.askAgain('lab');
  expect(listJobs.mock.calls.length).toBe(before);
});

it('has left only when the records of a connection that was removed are on the disk', async () => {
  listJobs.mockReturnValue(new Promise(() => undefined));
  await watch.look('lab', true);
  await vi.waitUntil(() => listJobs.mock.calls.length > 0, { timeout: 15_000 });
  let write = (): void => undefined;
  vi.spyOn(store, 'flush').mockReturnValueOnce(
    new Promise((resolve) => {
      write = resolve;
    }),
  );
  watch.keepOnly([]);
  const flushed = watch.flush();
  const first = await Promise.race([
    flushed.then(() => 'left'),
    new Promise((resolve) => setImmediate(resolve, 'writes')),
  ]);
  expect(first).toBe('writes');
  write();
  await flushed;
});
