import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseIndex } from '../../../src/core/leaving/leavingIndex.ts';
import type { LeavingJob } from '../../../src/core/leaving/inventory.ts';
import { ProviderFailure } from '../../../src/core/provider/failure.ts';
import type { Job, JobEvent } from '../../../src/core/training/job.ts';
import { downloadAll, wantedOf, type DownloadingProvider } from '../../../src/leaving/downloads.ts';
import { LeavingFolder } from '../../../src/leaving/leavingFolder.ts';

const CONNECTION = { id: 'lab', name: 'Lab', baseUrl: 'https://lab.example/v1' };
const { signal } = new AbortController();

let folder: string;
let copy: string;
let job: LeavingJob;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-downloads-'));
  copy = path.join(folder, 'copy.jsonl');
  await writeFile(copy, 'the copy\n');
  const event = (id: string): JobEvent => ({ id, message: id }) as JobEvent;
  job = {
    job: {
      id: 'ftjob-1',
      trainingFile: 'file-train',
      validationFile: 'file-valid',
      resultFiles: [],
      fineTunedModel: 'ft:x',
    } as unknown as Job,
    gone: false,
    checkpoints: [{ model: 'ft:x:step-1' }],
    events: [event('last'), event('first')],
    local: { name: null, trainingPath: copy, validationPath: null, testPath: null },
  };
});
afterEach(() => rm(folder, { recursive: true }));

const gone = (): Promise<never> =>
  Promise.reject(
    new ProviderFailure(
      { code: 'not-found', message: 'Lab has no such file.', action: 'Check the id.' },
      { outcome: 'refused', advice: 'never', status: 404, serverCode: null, retryAfterMs: null },
    ),
  );

function provider(content: string | null): DownloadingProvider {
  return {
    fileContent: () => (content === null ? gone() : Promise.resolve(new TextEncoder().encode(content))),
    listEvents: () => (content === null ? gone() : Promise.resolve([])),
    listCheckpoints: () => (content === null ? gone() : Promise.resolve([])),
  };
}

async function take(from: DownloadingProvider): Promise<LeavingFolder> {
  const opened = await LeavingFolder.open(path.join(folder, 'out'), CONNECTION);
  if (!opened.ok) throw new Error(opened.error.message);
  await downloadAll(from, opened.value, wantedOf([job], null), signal);
  return opened.value;
}

describe('downloads', () => {
  it('take what this machine knows when the provider gives nothing any more', async () => {
    const { index } = await take(provider(null));
    expect(index.files.map(({ what, from }) => [what, from])).toEqual([
      ['job', 'here'],
      ['events', 'here'],
      ['training file', 'here'],
    ]);
    expect(index.missing).toEqual([
      { what: 'validation file', id: 'file-valid', jobs: ['ftjob-1'], reason: 'Lab has no such file.' },
    ]);
    const text = (name: string): Promise<string> => readFile(path.join(folder, 'out', name), 'utf8');
    expect(await text('jobs/ftjob-1.events.jsonl')).toBe(
      '{"id":"first","message":"first"}\n{"id":"last","message":"last"}\n',
    );
    expect(JSON.parse(await text('jobs/ftjob-1.json'))).toMatchObject({ checkpoints: [{ model: 'ft:x:step-1' }] });
    expect(await text('files/file-train')).toBe('the copy\n');
  });

  it('say whether the provider has what was uploaded from here', async () => {
    expect((await take(provider('the copy\n'))).index.files.find(({ id }) => id === 'file-train')?.sameAsHere).toBe(
      true,
    );
    await rm(path.join(folder, 'out'), { recursive: true });
    const other = (await take(provider('another\n'))).index.files;
    expect(other.find(({ id }) => id === 'file-train')?.sameAsHere).toBe(false);
    expect(other.find(({ id }) => id === 'file-valid')?.sameAsHere).toBeNull();
  });

  it('keep files apart whose ids differ only in capitals', async () => {
    const twin = { ...job, job: { ...job.job, id: 'FTJOB-1', trainingFile: 'FILE-TRAIN', validationFile: null } };
    const opened = await LeavingFolder.open(path.join(folder, 'out'), CONNECTION);
    if (!opened.ok) throw new Error(opened.error.message);
    await downloadAll(provider('x'), opened.value, wantedOf([job, twin], null), signal);
    const paths = opened.value.index.files.map((file) => file.path.toLowerCase());
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('of two processes in one folder are all listed', async () => {
    const open = async (): Promise<LeavingFolder> => {
      const opened = await LeavingFolder.open(path.join(folder, 'out'), CONNECTION);
      if (!opened.ok) throw new Error(opened.error.message);
      return opened.value;
    };
    const both = [await open(), await open()];
    await Promise.all(
      both.flatMap((one, at) =>
        [0, 1, 2, 3].map((number) =>
          one.take(new TextEncoder().encode('x'), {
            path: `files/file-${String(at)}-${String(number)}`,
            what: 'other file',
            id: `file-${String(at)}-${String(number)}`,
            jobs: [],
            name: null,
            from: 'provider',
            sameAsHere: null,
          }),
        ),
      ),
    );
    expect((await open()).index.files).toHaveLength(8);
  });

  it('are not looked for outside the folder', async () => {
    const { index } = await take(provider('x'));
    for (const evil of ['../copy.jsonl', '/etc/passwd', 'files/../../copy.jsonl', 'files\\..\\x']) {
      const [first, ...rest] = index.files;
      const changed = { ...index, files: [{ ...first, path: evil }, ...rest] };
      expect(parseIndex(JSON.stringify(changed)).ok).toBe(false);
    }
    expect(parseIndex(JSON.stringify(index)).ok).toBe(true);
  });
});
