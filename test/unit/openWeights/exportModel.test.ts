// Exports by a program that is called like the trainer's Python: whole folders or none, and messages as the protocol describes them.
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ExportCancelled,
  exportModel,
  exportOutput,
  type ExportRequest,
} from '../../../src/openWeights/exportModel.ts';
import { EXPORT_WARNING, EXPORTED } from '../../support/openWeights/exportMessages.ts';
import { FakePrograms, type FakeExport } from '../../support/openWeights/fakePrograms.ts';
import { described } from '../../support/openWeights/trainerProtocol.ts';

describe.skipIf(process.platform === 'win32')('the export of a model', () => {
  let folder: string;
  let temporary: string;
  let parent: string;
  let programs: FakePrograms;
  let abort: AbortController;
  let reported: (readonly [string, number, number])[];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-export-test-'));
    temporary = path.join(folder, 'tmp');
    parent = path.join(folder, 'exports');
    await mkdir(temporary);
    await mkdir(parent);
    vi.stubEnv('TMPDIR', temporary);
    programs = new FakePrograms(folder);
    abort = new AbortController();
    reported = [];
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    expect(await readdir(temporary)).toEqual([]);
    await chmod(parent, 0o755);
    await rm(folder, { recursive: true, force: true });
  });

  const request = (changes: Partial<ExportRequest> = {}): ExportRequest => ({
    form: 'merged',
    adapter: '/models/adapter',
    source: 'lab/tiny',
    revision: 'a'.repeat(40),
    baseName: 'lab/tiny',
    card: '# card',
    parent,
    name: 'pricer-merged',
    ...changes,
  });

  async function write(exported: FakeExport, changes: Partial<ExportRequest> = {}) {
    const python = await programs.add('python', { exports: { [changes.form ?? 'merged']: exported } });
    return exportModel(request(changes), {
      python,
      env: { ...programs.env, TMPDIR: temporary, HF_TOKEN: 'hf_secret' },
      signal: abort.signal,
      report: (...what) => {
        reported.push(what);
        if (what[0] === 'merge') abort.abort();
      },
    });
  }

  it('appears under its name when it is whole, with what the trainer told', async () => {
    const written = await write({ ...EXPORTED, lines: [EXPORT_WARNING, ...EXPORTED.lines] });
    expect(written).toEqual({
      ok: true,
      value: {
        folder: path.join(parent, 'pricer-merged'),
        files: [
          { name: 'README.md', bytes: 6 },
          { name: 'model.safetensors', bytes: 7 },
        ],
        warnings: [EXPORT_WARNING.message],
      },
    });
    expect(await readdir(parent)).toEqual(['pricer-merged']);
    expect(await readFile(path.join(parent, 'pricer-merged/model.safetensors'), 'utf8')).toBe('weights');
    expect(reported).toEqual([
      ['base', 0, 0],
      ['write', 3, 7],
    ]);
    const [call] = await programs.calls();
    expect(call?.args.slice(0, -1)).toEqual(['-m', 'tuning_fork_trainer', 'export', '--job']);
    expect(call?.env).not.toHaveProperty('HF_TOKEN');
    const validate = described('ExportJob');
    expect(validate(call?.job), JSON.stringify(validate.errors)).toBe(true);
    expect(call?.job).toMatchObject({ form: 'merged', model: 'lab/tiny', base_name: 'lab/tiny', card: '# card' });
    // Written beside its place, so that the renaming stays on one disk.
    expect(path.dirname(String(call?.job?.['output']))).toBe(parent);
  });

  it('never takes the place of anything, an empty folder included', async () => {
    await mkdir(path.join(parent, 'pricer-merged'));
    await writeFile(path.join(parent, 'pricer-merged-2'), 'mine');
    const written = await write(EXPORTED);
    expect(written).toMatchObject({ ok: true, value: { folder: path.join(parent, 'pricer-merged-3') } });
    expect((await readdir(parent)).sort()).toEqual(['pricer-merged', 'pricer-merged-2', 'pricer-merged-3']);
    expect(await readFile(path.join(parent, 'pricer-merged-2'), 'utf8')).toBe('mine');
  });

  it.each([
    [
      'a refusal',
      {
        lines: [{ type: 'error', code: 'bad-template', message: 'No\ntemplate.', action: 'Export it otherwise.' }],
        code: 1,
      },
      { code: 'bad-template', message: 'No template.', action: 'Export it otherwise.' },
    ],
    [
      'a line that is no message',
      { lines: ['Downloading: 5%'], hangs: true },
      { message: expect.stringContaining('Downloading: 5%') as string },
    ],
    ['an end without a word', { lines: [], code: 1, says: 'ImportError: libgomp' }, { code: 'trainer-broken' }],
    ['an end without the last word', { lines: EXPORTED.lines.slice(0, 2) }, { code: 'trainer-broken' }],
  ] as const)('leaves nothing after %s', async (_, behavior, problem) => {
    const written = await write({ files: EXPORTED.files ?? {}, ...behavior });
    expect(written).toMatchObject({ ok: false, error: problem });
    expect(await readdir(parent)).toEqual([]);
  });

  it('leaves nothing after a cancel, and ends the program', async () => {
    const lines = [{ type: 'progress', stage: 'merge', done: 0, total: 0 }];
    await expect(write({ ...EXPORTED, lines, hangs: true })).rejects.toThrow(ExportCancelled);
    expect(await readdir(parent)).toEqual([]);
  });

  it('of a folder that is gone says so', async () => {
    expect(await write(EXPORTED, { parent: path.join(folder, 'gone') })).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/it does not exist \(ENOENT\)/u) as string },
    });
    expect(existsSync(path.join(folder, 'gone'))).toBe(false);
  });

  it.skipIf(userInfo().uid === 0)('of a folder that may not be written says so', async () => {
    await chmod(parent, 0o500);
    expect(await write(EXPORTED)).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/not permitted/u) as string },
    });
  });
});

describe('the messages of an export against their document', () => {
  it('are taken and refused alike', () => {
    const validate = described('ExportOutput');
    const good: readonly Record<string, unknown>[] = [
      { type: 'progress', stage: 'base', done: 0, total: 0 },
      { type: 'progress', stage: 'merge', done: 0, total: 0 },
      { type: 'progress', stage: 'write', done: 1, total: 2 },
      EXPORT_WARNING,
      { type: 'exported', files: [{ name: 'a', bytes: 0 }] },
    ];
    const others = [null, -1, 1.5, '', 'text', true, [], {}, [{ name: 'a' }], [{ name: '', bytes: 1 }]];
    for (const message of good) {
      expect(validate(message), JSON.stringify(message)).toBe(true);
      const mutants = Object.keys(message).flatMap((key) => [
        Object.fromEntries(Object.entries(message).filter(([other]) => other !== key)),
        ...others.map((other) => ({ ...message, [key]: other })),
      ]);
      for (const one of [message, { ...message, more: 'text' }, ...mutants])
        expect([JSON.stringify(one), exportOutput.safeParse(one).success]).toEqual([
          JSON.stringify(one),
          validate(one),
        ]);
    }
    const error = { type: 'error', code: 'no-disk', message: 'x', action: 'y' };
    expect([validate(error), exportOutput.safeParse(error).success]).toEqual([true, true]);
  });
});
