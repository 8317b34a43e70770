// The Jobs view over recorded objects of one real OpenAI job. Skipped without the recording.
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import { JobStore } from '../../../../../src/jobs/store/store.ts';
import { createClient } from '../../../../../src/openai/client.ts';
import type { JobNode, JobsTree } from '../../../../../src/extension/jobs/tree/jobsTree.ts';

vi.mock('vscode', async () => (await import('../../../../support/vscodeDouble.ts')).vscodeDouble());

const data = process.env['TUNING_FORK_DATA_DIR'];
const read = async (name: string): Promise<unknown> =>
  JSON.parse(await readFile(path.join(data ?? '', 'openai', `gdpr_gpt41nano_55_${name}.json`), 'utf8'));

describe.skipIf(data === undefined)('a real job of OpenAI', () => {
  let folder: string;
  let jobs: JobStore;
  let tree: JobsTree;
  let root: JobNode;
  let asked: readonly string[];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-'));
    const [succeeded, running, events, validating] = await Promise.all([
      read('05_job_succeeded'),
      read('04_list'),
      read('06_events'),
      read('03_job_validating_files'),
    ]);
    const answers: Readonly<Record<string, unknown>> = {
      '/v1/fine_tuning/jobs/ftjob-done': succeeded,
      '/v1/fine_tuning/jobs/ftjob-new': validating,
      '/v1/fine_tuning/jobs': { ...(running as object), has_more: false },
      '/v1/fine_tuning/jobs/ftjob-done/events': { object: 'list', data: events, has_more: false },
    };
    const paths: string[] = [];
    // Through the whole client, so that the wire format is read.
    const client = createClient(
      { baseUrl: 'https://api.openai.com/v1', apiKey: 'sk-not-a-real-key-000', kind: 'openai' },
      {
        fetch: (input) => {
          const { pathname } = new URL(input instanceof Request ? input.url : input);
          paths.push(pathname);
          return Promise.resolve(Response.json(answers[pathname] ?? {}, { status: pathname in answers ? 200 : 404 }));
        },
      },
    );
    asked = paths;
    jobs = new JobStore({ folder: path.join(folder, 'jobs') });
    await jobs.load();
    const done = await client.retrieveJob('ftjob-done');
    jobs.update('openai', done.id, { job: done, newEvents: await client.listEvents('ftjob-done'), complete: true });
    for (const job of (await client.listJobs()).jobs) jobs.update('openai', job.id, { job });
    const connection = {
      id: 'openai',
      kind: 'openai',
      name: 'OpenAI',
      baseUrl: 'https://api.openai.com/v1',
    } as const;
    const { JobsTree } = await import('../../../../../src/extension/jobs/tree/jobsTree.ts');
    const nothing = (): { dispose: () => void } => ({ dispose: () => undefined });
    tree = new JobsTree({
      jobs,
      connections: { list: () => Promise.resolve([connection]), onDidChange: nothing },
      watch: { onDidChange: nothing, problem: () => null, setVisible: nothing, age: () => null },
      providers: {},
      starts: { onDidChange: nothing, list: () => [] },
    } as unknown as ConstructorParameters<typeof JobsTree>[0]);
    root = { kind: 'connection', connection, connectionId: 'openai', id: 'openai' };
  });
  afterAll(async () => {
    // What it still writes would be written into the folder that is removed.
    await jobs.dispose();
    await rm(folder, { recursive: true });
  });

  const item = (node: JobNode): vscode.TreeItem => tree.getTreeItem(node);
  const line = (node: JobNode): string => {
    const { label, description } = item(node);
    const name = typeof label === 'string' ? label : (label?.label ?? '');
    return typeof description === 'string' && description !== '' ? `${name} | ${description}` : name;
  };
  async function lines(node: JobNode): Promise<readonly string[]> {
    return (await tree.getChildren(node)).map(line);
  }
  async function child(node: JobNode, start: string): Promise<JobNode> {
    const found = (await tree.getChildren(node)).find((one) => line(one).startsWith(start));
    if (!found) throw new Error(`No ${start} in ${(await lines(node)).join('; ')}.`);
    return found;
  }

  it('stands in the tree with its suffix, its state and the time it took, beside the one that runs', async () => {
    const jobs = await lines(root);
    expect(jobs).toHaveLength(2);
    expect(jobs[0]).toMatch(/^gdpr \| starting/);
    expect(jobs[1]).toMatch(/^gdpr \| gpt-4\.1-nano-2025-04-14 · \d+ days ago/);
    expect(asked).toContain('/v1/fine_tuning/jobs');
  });

  it('has the parts of its name, its figures and no problem, though its error is an object of nulls', async () => {
    const done = (await tree.getChildren(root))[1];
    if (!done) throw new Error('It is not there.');
    expect(await lines(await child(done, 'Fine-tuned model'))).toEqual([
      'Base | gpt-4.1-nano-2025-04-14',
      'Organization | personal',
      'Suffix | gdpr',
      'ID | DIE8Fn4p',
    ]);
    const details = await lines(await child(done, 'Details'));
    expect(details).toEqual(
      expect.arrayContaining([
        'Status | succeeded',
        'Epochs | 1',
        'Batch size | 1',
        'Learning rate multiplier | 0.1',
        'Seed | 42',
        'Trained tokens | 46,018',
      ]),
    );
    expect(details.join('\n')).not.toMatch(/Problem|null|undefined/);
  });

  it('has every event but ordinary steps, the policy checks as one sentence', async () => {
    const done = (await tree.getChildren(root))[1];
    if (!done) throw new Error('It is not there.');
    const events = await child(done, 'Events');
    // Ten were sent: five messages and the last five steps, the last of them the end of the epoch.
    expect(item(events).description).toMatch(/^6 · The job has successfully completed/);
    const shown = await lines(events);
    expect(shown[0]).toBe('Steps | 4 in the log');
    expect(shown[1]).toMatch(/^The job has successfully completed \|/);
    expect(shown.join('\n')).toMatch(/Policy checks passed \(15 categories\)/);
    expect(shown.join('\n')).not.toMatch(/undefined|\[object/);
  });
});
