import { createHash } from 'node:crypto';
import { mkdtemp, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Uri } from 'vscode';
import { createChecker } from '../../../../../src/core/dataset/check/checker.ts';
import type { DatasetOrigin } from '../../../../../src/core/dataset/hub/origin.ts';
import { createLineSplitter } from '../../../../../src/core/jsonl/lines.ts';
import { importDataset, type ImportServices } from '../../../../../src/extension/datasets/hub/importDataset.ts';
import { Cancelled, ProblemError } from '../../../../../src/extension/ui/errors.ts';
import { memorySecrets } from '../../../../support/extensionDouble.ts';
import { FakeDatasetHub, PARQUET_REVISION, REVISION, type DatasetDouble } from '../../../../support/fakeDatasetHub.ts';
import { AS_IT_IS, CLOSED, uiDouble, type Line, type UiDouble } from '../../../../support/uiDouble.ts';
import { editor } from '../../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../../support/vscodeDouble.ts')).vscodeDouble());

const THREAD = new URL('../../../../../src/worker/hubWorker.ts', import.meta.url);
const fixture = (name: string): Promise<Buffer> =>
  readFile(path.join(import.meta.dirname, '../../../../fixtures/hub', name));

const ID = 'Id of the dataset at';
const SUMMARY = 'Nothing is downloaded before you choose Import';
const IMPORT = '$(play) Import';

describe('Import Dataset from the Hub', { timeout: 60_000 }, () => {
  let folder: string;
  let workspace: string;
  let ui: UiDouble;
  let hub: FakeDatasetHub;
  let services: ImportServices;
  let secrets: ReturnType<typeof memorySecrets>;
  const logged: string[] = [];

  beforeEach(async () => {
    editor.reset();
    logged.length = 0;
    folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-hub-'));
    workspace = path.join(folder, 'workspace');
    await mkdir(workspace);
    hub = await FakeDatasetHub.start({});
    vi.stubEnv('HF_ENDPOINT', hub.url);
    vi.stubEnv('HF_TOKEN', undefined);
    vi.stubEnv('HF_HUB_OFFLINE', undefined);
    ui = uiDouble();
    secrets = memorySecrets();
    const log = (text: string): void => void logged.push(text);
    services = {
      folder: path.join(folder, 'storage'),
      ui,
      log: { info: log, warn: log, error: log },
      context: { extensionPath: '', subscriptions: [], secrets },
    } as unknown as ImportServices;
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    await hub.close();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (): Promise<void> =>
    importDataset(services, [Uri.file(workspace)], THREAD, () => Promise.resolve());

  async function problemOf(task: Promise<unknown>): Promise<{ code: string; text: string; buttons: readonly string[] }> {
    const error: unknown = await task.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ProblemError)) throw new Error('No problem', { cause: error });
    const { code, message, action } = error.problem;
    return { code, text: `${message} ${action}`, buttons: error.remedies.map(({ title }) => title) };
  }

  const asked = (id: string): Line => ({ input: new RegExp(ID), answer: id });
  const told = (text: RegExp): Line => ({ notify: text, kind: 'information', actions: ['Show Dataset Report'] });
  const imported = async (name: string): Promise<string> => readFile(path.join(workspace, name), 'utf8');
  const originOf = async (name: string): Promise<DatasetOrigin> => JSON.parse(await imported(name)) as DatasetOrigin;

  async function two(): Promise<DatasetDouble> {
    const train = [await fixture('messages-snappy.parquet'), await fixture('messages-zstd.parquet')];
    return { parquet: { default: { train, test: [await fixture('messages-zstd.parquet')] } } };
  }

  function errorsIn(text: string): readonly string[] {
    const checker = createChecker();
    const splitter = createLineSplitter();
    const lines = [...splitter.push(new TextEncoder().encode(text)), ...splitter.end()];
    const findings = lines.flatMap((line) => checker.line(line).findings);
    return [...findings, ...checker.end().findings].map(({ code }) => code);
  }

  it('shows size, rows, license and access first, imports, and records where the rows come from', async () => {
    hub.set('owner/sums', await two());
    ui.expect(
      { input: new RegExp(ID), refused: [['no id at all', /Enter an id/]], answer: `${hub.url}/datasets/owner/sums` },
      { pick: /configuration and split of owner\/sums/, offers: ['test'], answer: 'train' },
      {
        pick: SUMMARY,
        reads: [
          /^\$\(play\) Import: downloads 9 kB from 127/,
          /^Size: 9 kB to download, about \d+ kB as JSON Lines$/,
          'Rows: all: 65 rows',
          'License: cc-by-4.0',
          'Access: open to everybody',
          'Version: owner/sums, commit dddddddddd',
          'Split: default · train',
          'Columns: chat examples · 39 of the first 40 rows become examples · without source and score',
          'File: sums.train.jsonl',
        ],
        answer: IMPORT,
      },
      told(/^Imported sums\.train\.jsonl \(64 examples\)\. 1 row was left out\. 1 row, number 8: .+ Keys that were left out/),
    );
    const before = hub.requests.length;
    await run();
    const text = await imported('sums.train.jsonl');
    expect(text.split('\n')).toHaveLength(65);
    expect(JSON.parse(text.slice(0, text.indexOf('\n')))).toEqual({
      messages: [
        { role: 'system', content: 'Answer briefly.' },
        { role: 'user', content: 'What is 0 plus 0? é世😀' },
        { role: 'assistant', content: 'It is 0.' },
      ],
    });
    expect(errorsIn(text)).toEqual([]);
    const origin = await originOf('sums.train.origin.json');
    expect(origin).toMatchObject({
      format: 1,
      hub: hub.url,
      dataset: 'owner/sums',
      revision: REVISION,
      parquetRevision: PARQUET_REVISION,
      config: 'default',
      split: 'train',
      license: 'cc-by-4.0',
      limit: null,
      mapping: { form: 'chat' },
      rows: { read: 65, converted: 64, leftOut: 1 },
      leftOut: ['source', 'score'],
      file: { bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') },
    });
    expect(Date.parse(origin.importedAt)).toBeGreaterThan(0);
    expect(origin.files.map(({ sha256 }) => sha256)).toEqual([
      expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    ]);
    expect(before).toBe(0);
    expect(editor.ran).toEqual([['vscode.open', expect.objectContaining({ path: path.join(workspace, 'sums.train.jsonl') })]]);
    expect(await readdir(path.join(folder, 'storage/hub-downloads'))).toEqual([]);
  });
});
