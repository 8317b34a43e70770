import { createHash } from 'node:crypto';
import { mkdtemp, mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Uri } from 'vscode';
import { createChecker } from '../../../../../src/core/dataset/check/checker.ts';
import type { DatasetOrigin } from '../../../../../src/core/dataset/hub/origin.ts';
import { createLineSplitter } from '../../../../../src/core/jsonl/lines.ts';
import { importDataset, type ImportServices } from '../../../../../src/extension/datasets/hub/importDataset.ts';
import { Cancelled, ProblemError } from '../../../../../src/extension/ui/errors.ts';
import { PATIENCE_MS } from '../../../../../src/extension/ui/progress.ts';
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

  const run = (): Promise<void> => importDataset(services, [Uri.file(workspace)], THREAD, () => Promise.resolve());

  async function problemOf(
    task: Promise<unknown>,
  ): Promise<{ code: string; text: string; buttons: readonly string[] }> {
    const error: unknown = await task.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ProblemError)) throw new Error('No problem', { cause: error });
    const { code, message, action } = error.problem;
    return { code, text: `${message} ${action}`, buttons: error.remedies.map(({ title }) => title) };
  }

  /** A line of the script at which something else happens. */
  const meanwhile = (line: Line, happens: () => void): Line => {
    let isOver = false;
    const { answer } = line as { readonly answer: unknown };
    return Object.defineProperty({ ...line }, 'answer', {
      get: () => {
        if (!isOver) happens();
        isOver = true;
        return answer;
      },
    });
  };
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
      told(
        /^Imported sums\.train\.jsonl \(64 examples\)\. 1 row was left out\. 1 row, number 8: .+ Keys that were left out/,
      ),
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
    expect(editor.ran).toEqual([
      ['vscode.open', expect.objectContaining({ path: path.join(workspace, 'sums.train.jsonl') })],
    ]);
    expect(await readdir(path.join(folder, 'storage/hub-downloads'))).toEqual([]);
  });

  it('asks for columns where the form is not known, and offers only texts, numbers and truth values', async () => {
    hub.set('owner/odd', {
      parquet: { default: { train: [await fixture('odd-columns.parquet')] } },
      card: { license: ['mit', 'cc0-1.0'] },
    });
    ui.expect(
      asked('owner/odd'),
      { pick: /column with the questions/, offers: ['words', 'verdict'], answer: 'title' },
      { pick: /column with the answers/, answer: 'words' },
      {
        pick: SUMMARY,
        reads: ['License: mit, cc0-1.0', 'Columns: title → user, words → assistant'],
        answer: 'Columns',
      },
      { pick: /column with the questions/, answer: 'title' },
      { pick: /column with the answers/, answer: 'verdict' },
      { pick: SUMMARY, answer: IMPORT },
      told(/^Imported odd\.train\.jsonl \(20 examples\)\. Keys that were left out: words and tags\.$/),
    );
    await run();
    const [first] = (await imported('odd.train.jsonl')).split('\n');
    expect(first).toBe('{"messages":[{"role":"user","content":"Row 0"},{"role":"assistant","content":"bad"}]}');
    expect((await originOf('odd.train.origin.json')).mapping).toEqual({
      columns: { user: 'title', assistant: 'verdict', system: null },
    });
  });

  it('writes the names of classes, and leaves out rows without text or class', async () => {
    hub.set('owner/reviews', { parquet: { default: { train: [await fixture('labels-gzip.parquet')] } } });
    ui.expect(
      asked('owner/reviews'),
      {
        pick: SUMMARY,
        reads: [
          /^Columns: text → user, label → assistant · 28 of the first 30 rows become examples · without bytes and at$/,
        ],
        answer: IMPORT,
      },
      told(/28 examples.+2 rows were left out\. 2 rows, the first is number 4:/),
    );
    await run();
    const text = await imported('reviews.train.jsonl');
    expect(text.match(/"content":"positive"/g)).toHaveLength(13);
    expect(text.match(/"content":"negative"/g)).toHaveLength(15);
    expect(errorsIn(text)).toEqual([]);
  });

  it('names files of preference pairs after their training', async () => {
    hub.set('owner/pairs', { parquet: { default: { train: [await fixture('preference.parquet')] } } });
    ui.expect(
      asked('owner/pairs'),
      {
        pick: SUMMARY,
        reads: ['File: pairs.train.dpo.jsonl', /^Columns: chosen and rejected answers/],
        answer: IMPORT,
      },
      told(/15 preference pairs/),
    );
    await run();
    // They are right for the training that takes them.
    expect(errorsIn(await imported('pairs.train.dpo.jsonl'))).toEqual(['kind-preference']);
  });

  it('reads the first rows, downloads only the files that have them, and never writes over a file by itself', async () => {
    hub.set('owner/sums', await two());
    await writeFile(path.join(workspace, 'sums.train.jsonl'), 'mine');
    ui.expect(
      asked('owner/sums'),
      { pick: /configuration and split/, answer: 'train' },
      { pick: SUMMARY, reads: ['File: sums.train-2.jsonl'], answer: 'Rows' },
      { pick: /how many rows/, answer: 'Another number…' },
      {
        input: 'Number of rows',
        refused: [
          ['0', /whole number/],
          ['-1', /whole number/],
        ],
        answer: '20',
      },
      { pick: SUMMARY, reads: ['Rows: the first 20 of 65 rows', /^Size: 5 kB/], answer: IMPORT },
      told(/19 examples/),
    );
    await run();
    expect((await originOf('sums.train-2.origin.json')).rows).toEqual({ read: 20, converted: 19, leftOut: 1 });
    expect((await originOf('sums.train-2.origin.json')).files).toHaveLength(1);
    expect(await imported('sums.train.jsonl')).toBe('mine');
    const whole = hub.requests.filter((request) => request === 'files GET');
    expect(whole).toHaveLength(1);
  });

  it('replaces a file that the user chose, together with its origin', async () => {
    hub.set('owner/odd', { parquet: { default: { train: [await fixture('preference.parquet')] } } });
    const mine = path.join(workspace, 'mine.jsonl');
    await writeFile(mine, 'old');
    await writeFile(path.join(workspace, 'mine.origin.json'), 'old');
    ui.expect(
      asked('owner/odd'),
      { pick: SUMMARY, answer: 'File' },
      { saveDialog: 'Import Dataset from the Hub', answer: Uri.file(mine) },
      { pick: SUMMARY, reads: ['File: mine.jsonl'], answer: IMPORT },
      told(/15 preference pairs/),
    );
    await run();
    expect((await originOf('mine.origin.json')).dataset).toBe('owner/odd');
    expect((await readdir(workspace)).sort()).toEqual(['mine.jsonl', 'mine.origin.json']);
  });

  it('takes files of the repository where the hub has converted none', async () => {
    const line = (i: number): string =>
      `${JSON.stringify({ question: `Q${String(i)}?`, answer: `A${String(i)}`, topic: 'x' })}\n`;
    const lines = (from: number): Buffer =>
      Buffer.from(
        Array.from({ length: 12 }, (_, i) => line(from + i))
          .join('')
          .trimEnd(),
      );
    hub.set('owner/plain', {
      parquet: null,
      files: {
        'README.md': Buffer.from('# Card'),
        'data/train-00000-of-00002.jsonl': lines(0),
        'data/train-00001-of-00002.jsonl': lines(12),
        'data/test.parquet': await fixture('preference.parquet'),
      },
    });
    ui.expect(
      asked('owner/plain'),
      { pick: /configuration and split/, offers: ['data/test.parquet'], answer: 'data/train.jsonl' },
      {
        pick: SUMMARY,
        reads: [
          'Rows: counted while they are read',
          /^Columns: question → user, answer → assistant · 12 of the first 12/,
          'File: plain.train.jsonl',
        ],
        answer: IMPORT,
      },
      told(/24 examples\).+left out: topic\.$/),
    );
    await run();
    expect(await originOf('plain.train.origin.json')).toMatchObject({
      config: null,
      split: 'data/train.jsonl',
      parquetRevision: null,
    });
  });

  it('asks for a token where the dataset is gated, keeps it for this hub, and shows it to no other host', async () => {
    const train = [await fixture('preference.parquet')];
    hub.set('owner/gated', { gated: true, token: 'hf_secret_token', parquet: { default: { train } } });
    ui.expect(
      asked('owner/gated'),
      { pick: /only for accounts that accepted its terms/, answer: /Enter an access token/ },
      { input: /^Token for 127/, answer: 'hf_wrong_token' },
      { pick: /refused the access token/, answer: /Enter an access token/ },
      { input: /^Token for 127/, answer: 'hf_secret_token' },
      { pick: SUMMARY, reads: ['Access: gated: for accounts that accepted its terms'], answer: IMPORT },
      told(/15 preference pairs/),
    );
    await run();
    expect([...hub.tokens.hub]).toEqual(['Bearer hf_wrong_token', 'Bearer hf_secret_token']);
    expect([...hub.tokens.files]).toEqual([]);
    expect(await secrets.get(`hub-token:${hub.url}`)).toBe('hf_secret_token');
    expect(logged.join()).not.toContain('hf_');
    expect(await imported('gated.train.dpo.origin.json')).not.toContain('hf_');
  });

  it('says in one sentence why a dataset cannot be imported', async () => {
    hub.set('owner/off', { disabled: true, parquet: null });
    hub.set('owner/code', { parquet: null, files: { 'code.py': Buffer.from(''), 'README.md': Buffer.from('') } });
    hub.set('owner/tables', { parquet: null, files: { 'a.csv': Buffer.from(''), '.gitattributes': Buffer.from('') } });
    hub.set('owner/none', { parquet: null, files: {} });
    hub.set('owner/empty', { parquet: { default: { train: [await fixture('empty.parquet')] } } });
    const cases = [
      ['owner/off', 'disabled', /disabled/, ['Open Page']],
      ['owner/code', 'needs-code', /never run/, ['Open Page']],
      ['owner/tables', 'no-rows', /only \.csv\. Download a file/, ['Open Page']],
      ['owner/none', 'no-rows', /no files with rows/, ['Open Page']],
      ['owner/empty', 'no-rows', /has no rows/, []],
    ] as const;
    for (const [id, code, text, buttons] of cases) {
      ui.expect(asked(id));
      expect(await problemOf(run())).toEqual({ code, text: expect.stringMatching(text) as string, buttons });
    }
    ui.expect(asked('owner/absent'), { pick: /no dataset owner\/absent, or it is private/, answer: CLOSED });
    await expect(run()).rejects.toThrow(Cancelled);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect((await problemOf(run())).code).toBe('offline');
    editor.trusted = false;
    await expect(run()).rejects.toThrow();
    expect(await readdir(workspace)).toEqual([]);
  });

  it('goes on where a download broke, by itself and after a question, and waits as a busy hub asks', async () => {
    hub.set('owner/pairs', { parquet: { default: { train: [await fixture('preference.parquet')] } } });
    hub.refusals.hub.push({ status: 429, headers: { 'retry-after': '7' } });
    ui.expect(
      asked('owner/pairs'),
      meanwhile({ pick: SUMMARY, answer: IMPORT }, () => {
        hub.requests.length = 0;
        hub.cuts.push(1000, 500);
      }),
      told(/15 preference pairs/),
    );
    const waits: number[] = [];
    await importDataset(services, [Uri.file(workspace)], THREAD, (ms) => Promise.resolve(void waits.push(ms)));
    expect(waits[0]).toBe(7000);
    expect(hub.requests.filter((request) => request.startsWith('files'))).toEqual([
      'files GET',
      'files GET bytes=1000-',
      'files GET bytes=1500-',
    ]);
    await rm(path.join(workspace, 'pairs.train.dpo.jsonl'));

    ui.expect(
      asked('owner/pairs'),
      meanwhile({ pick: SUMMARY, answer: IMPORT }, () => {
        hub.requests.length = 0;
        hub.cuts.push(1000);
      }),
      meanwhile({ notify: /answered with an error \(503\)/, kind: 'error', answer: 'Continue Download' }, () => {
        hub.refusals.hub.length = 0;
      }),
      told(/15 preference pairs/),
    );
    const refused = { status: 503 };
    let first = true;
    await importDataset(services, [Uri.file(workspace)], THREAD, () => {
      if (first) hub.refusals.hub.push(refused, refused, refused, refused, refused, refused);
      first = false;
      return Promise.resolve();
    });
    expect(hub.requests.filter((request) => request.startsWith('files'))).toEqual([
      'files GET',
      'files GET bytes=1000-',
    ]);
  });

  it('writes nothing where files are damaged or other than the hub says', async () => {
    const good = await fixture('preference.parquet');
    const flipped = Buffer.from(good);
    for (let at = 40; at < 200; at += 1) flipped[at] = (flipped[at] ?? 0) ^ 0xff;
    const old = path.join(workspace, 'pairs.jsonl');
    await writeFile(old, 'old');
    const of = (bytes: Buffer): NonNullable<DatasetDouble['parquet']> => ({ default: { train: [bytes] } });
    // The look reads parts of the file as they are.
    let isDamaged = false;
    hub.set('owner/pairs', { parquet: of(good), damage: (bytes) => (isDamaged ? flipped : bytes) });
    ui.expect(
      asked('owner/pairs'),
      { pick: SUMMARY, answer: 'File' },
      { saveDialog: /Import/, answer: Uri.file(old) },
      meanwhile({ pick: SUMMARY, answer: IMPORT }, () => {
        isDamaged = true;
      }),
    );
    expect((await problemOf(run())).code).toBe('corrupt-download');
    ui.expect(asked('owner/pairs'));
    hub.set('owner/pairs', { parquet: of(flipped) });
    expect((await problemOf(run())).code).toBe('damaged-parquet');
    ui.expect(asked('owner/pairs'));
    hub.set('owner/pairs', { parquet: of(good.subarray(0, 900)) });
    expect((await problemOf(run())).code).toBe('damaged-parquet');
    ui.expect(asked('owner/pairs'));
    hub.set('owner/pairs', { parquet: of(good), claims: 500 });
    expect((await problemOf(run())).code).toBe('corrupt-download');
    ui.expect(asked('owner/pairs'));
    hub.set('owner/pairs', { parquet: of(good) });
    hub.elsewhere = 'file:///etc/passwd';
    await expect(run()).rejects.toThrow(/not secure/);
    expect(await readdir(workspace)).toEqual(['pairs.jsonl']);
    expect(await readFile(old, 'utf8')).toBe('old');
    expect(await readdir(path.join(folder, 'storage/hub-downloads'))).toEqual([]);
  });

  it('refuses a dataset that is too large as a whole, and leads to the number of rows', async () => {
    hub.set('owner/pairs', { parquet: { default: { train: [await fixture('preference.parquet')] } } });
    const { MAX_DOWNLOAD, neededFiles, rowsInWords, rowsOfPart, writtenBytes } =
      await import('../../../../../src/extension/datasets/hub/importPlan.ts');
    const sized = Array.from({ length: 20 }, (_, i) => ({
      name: String(i),
      path: '',
      bytes: 1e9,
      sha256: null,
      commit: null,
    }));
    const look = {
      rows: Array.from({ length: 16 }, () => 1000),
      unpacked: 32e9,
      choice: { columns: [], suggested: null },
      preview: null,
    };
    const part = { config: 'a', split: 'b', format: 'parquet', files: sized, sized, look } as const;
    expect(sized.length * 1e9).toBeGreaterThan(MAX_DOWNLOAD);
    expect(rowsOfPart(part)).toEqual({ rows: 20_000, exact: false });
    expect(neededFiles({ part, limit: 2500 })).toHaveLength(3);
    expect(neededFiles({ part, limit: 16_001 })).toHaveLength(20);
    expect(writtenBytes({ part, limit: 10_000 })).toBe(24e9);
    const dataset = { id: 'o/n', revision: 'd'.repeat(40), license: null, gated: false, private: false, parts: [part] };
    expect(rowsInWords({ dataset, part, mapping: null, limit: null, target: null })).toBe('all: about 20,000 rows');
  });

  it('keeps names of the hub out of paths, icons and links', async () => {
    const config = '../../$(trash) [x](command:y)';
    const split = 'tr\u202eain/../..';
    hub.set('owner/odd', {
      parquet: {
        [config]: { [split]: [await fixture('preference.parquet')] },
        other: { train: [await fixture('preference.parquet')] },
      },
    });
    ui.expect(
      asked('owner/odd'),
      {
        pick: /configuration and split/,
        reads: [/^train: other$/, /^tr\uFFFDain\/\.\.\/\.\.: \.\.\/\.\.\/\$ \(trash\)/],
        answer: /^tr.ain/,
      },
      { pick: SUMMARY, answer: IMPORT },
      told(/^Imported odd\..+\(15 preference pairs\)/),
    );
    await run();
    const names = await readdir(workspace);
    expect(names).toHaveLength(2);
    for (const name of names) expect(name).toMatch(/^odd\.[\w .-]+\.dpo\.(?:jsonl|origin\.json)$/);
  });

  it('leaves nothing behind when it is canceled while its thread works', async () => {
    hub.set('owner/sums', await two());
    const quick = ui.progress.bind(ui);
    // The notification comes when a task takes a while, which this thread may not: here it comes at once, and the user presses Cancel
    // as soon as the thread has its order.
    const wait = globalThis.setTimeout;
    const timers = vi.spyOn(globalThis, 'setTimeout');
    timers.mockImplementation((done: () => void, ms?: number) => wait(done, ms === PATIENCE_MS ? 0 : ms));
    onTestFinished(() => {
      timers.mockRestore();
    });
    ui.progress = async (title, onCancel, work) => {
      const done = quick(title, onCancel, work);
      if (title.startsWith('Importing')) onCancel();
      return await done;
    };
    ui.expect(
      asked('owner/sums'),
      { pick: /configuration and split/, answer: 'train' },
      { pick: SUMMARY, answer: IMPORT },
    );
    const abort = vi.spyOn(AbortController.prototype, 'abort');
    const outcome = run().then(
      () => 'imported',
      (error: unknown) => (error instanceof Cancelled ? 'canceled' : error),
    );
    expect(await outcome).toBe('canceled');
    expect(abort).toHaveBeenCalled();
    expect(await readdir(workspace)).toEqual([]);
    expect(await readdir(path.join(folder, 'storage/hub-downloads'))).toEqual([]);
  });

  it('deletes downloads that a closed window left a week ago', async () => {
    const root = path.join(folder, 'storage/hub-downloads');
    await mkdir(path.join(root, 'old'), { recursive: true });
    await mkdir(path.join(root, 'fresh'));
    await utimes(path.join(root, 'old'), 1, 1);
    hub.set('owner/pairs', { parquet: { default: { train: [await fixture('preference.parquet')] } } });
    ui.expect(asked('owner/pairs'), { pick: SUMMARY, answer: AS_IT_IS }, told(/15/));
    await run();
    expect(await readdir(root)).toEqual(['fresh']);
  });
});
