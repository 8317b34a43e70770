import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AdapterInfo } from '../../../../src/core/provider/api.ts';
import { ProviderFailure } from '../../../../src/core/provider/failure.ts';
import type { Job } from '../../../../src/core/training/job.ts';
import { exportModel } from '../../../../src/extension/openWeights/export/exportModel.ts';
import { pushToHub } from '../../../../src/extension/openWeights/export/pushToHub.ts';
import { folderName } from '../../../../src/extension/openWeights/export/writeExport.ts';
import type { ProblemError } from '../../../../src/extension/ui/errors.ts';
import type { Services } from '../../../../src/extension/services.ts';
import type { LocalFacts } from '../../../../src/jobs/store/jobRecord.ts';
import { placesIn } from '../../../../src/openWeights/places.ts';
import { updateRegistry } from '../../../../src/openWeights/registry.ts';
import { memorySecrets, startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { aJob } from '../../../support/jobBuilders.ts';
import { EXPORT_WARNING, EXPORTED } from '../../../support/openWeights/exportMessages.ts';
import { FakePrograms, type FakePython } from '../../../support/openWeights/fakePrograms.ts';
import { installTrainer, writeTrainer } from '../../../support/openWeights/installedTrainer.ts';
import { AS_IT_IS, CLOSED, uiDouble, type UiDouble } from '../../../support/uiDouble.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const BASE = 'HuggingFaceTB/SmolLM2-135M-Instruct';
const MODEL = `ft:${BASE}:local:pricer:abc`;
const FORMS = /^Form of the export/;

describe.skipIf(process.platform === 'win32')('exporting a model', () => {
  let extension: ExtensionDouble;
  let services: Services;
  let ui: UiDouble;
  let programs: FakePrograms;
  let target: string;
  let adapter: AdapterInfo | Error;
  let asked: string[];
  let servers: string[];

  beforeEach(async () => {
    editor.reset();
    ui = uiDouble();
    extension = await startExtension(ui);
    const { folder } = extension;
    programs = new FakePrograms(folder);
    vi.stubEnv('PATH', programs.folder);
    target = path.join(folder, 'target');
    await mkdir(target);
    const own = path.join(folder, 'local/open-weights/job/run-1/model');
    await mkdir(own, { recursive: true });
    await writeFile(path.join(own, 'adapter_model.safetensors'), 'x'.repeat(2_500_000));
    adapter = { base: BASE, source: BASE, revision: 'a'.repeat(40), folder: own };
    asked = [];
    servers = [];
    services = {
      ...extension.services,
      context: { extensionPath: path.join(folder, 'extension'), subscriptions: [], secrets: memorySecrets() },
      providers: {
        get: (id: string) => {
          servers.push(id);
          return Promise.resolve({
            findAdapter: (model: string) => {
              asked.push(model);
              return adapter instanceof Error ? Promise.reject(adapter) : Promise.resolve(adapter);
            },
          });
        },
      },
    } as unknown as Services;
    await updateRegistry(placesIn(folder).server, () => ({
      python: null,
      models: [{ id: BASE, source: BASE, revision: null, licence: 'apache-2.0', parameters: 134_515_008, addedAt: '' }],
    }));
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    await extension.close();
  });

  async function installed(behavior: FakePython = { exports: { merged: EXPORTED, ollama: EXPORTED } }): Promise<void> {
    const { folder } = extension;
    await writeTrainer(folder);
    await installTrainer(folder, await programs.add('python3', behavior));
  }

  function trained(changes: Partial<Job> = {}, local: Partial<LocalFacts> = {}, connectionId = 'local'): void {
    const job = aJob({
      status: 'succeeded',
      model: BASE,
      fineTunedModel: MODEL,
      suffix: 'pricer',
      trainedTokens: 5000,
      advanced: { lora_rank: 8 },
      ...changes,
    });
    services.jobs.update(connectionId, job.id, { job, local });
  }

  const uri = (file: string) => ({ scheme: 'file', fsPath: file, path: file }) as never;
  const folderChosen = () =>
    ({ openDialog: 'Choose the Folder That Receives the Export', answer: [uri(target)] }) as const;
  const node = { connectionId: 'local', model: MODEL };

  it('asks for the form with its size, and for the folder, and writes a new one into it', async () => {
    await installed();
    const file = await extension.write('prices.jsonl', 'a secret row\n');
    trained({}, { sourcePath: file, trainingPath: file, examples: 12 });
    ui.expect(
      {
        pick: FORMS,
        reads: ['Adapter: 2.5 MB', 'Merged Model: about 269 MB', 'Ollama Modelfile: about 269 MB'],
        details: [/needs no base model/, /whoever uses them needs the base model/],
        answer: 'Merged Model',
      },
      folderChosen(),
      { notify: /^pricer-merged was written: 2 files/, kind: 'information', answer: 'Open Model Card' },
    );
    await exportModel(services, node);
    await vi.waitFor(() => {
      expect(editor.ran.map(([id]) => id)).toEqual(['vscode.open']);
    });
    ui.done();
    expect(await readdir(target)).toEqual(['pricer-merged']);
    expect(asked).toEqual([MODEL]);
    const [call] = await programs.calls();
    expect(call?.job).toMatchObject({ form: 'merged', model: BASE, base_name: BASE, revision: 'a'.repeat(40) });
    const card = String(call?.job?.['card']);
    expect(card).toContain('| Training file | prices.jsonl |');
    expect(card).toContain('| Training examples | 12 |');
    expect(card).toContain('No evaluation of this model was made.');
    expect(card).not.toContain('secret');
    expect(card).not.toContain(extension.folder);
  });

  it('works on a job and from the palette, where it offers only what can be exported', async () => {
    await installed();
    trained();
    trained({ id: 'ftjob-2', model: 'local-linear-1', fineTunedModel: 'ft:local-linear-1:local:other:1' });
    ui.expect({ pick: FORMS, answer: CLOSED });
    await expect(exportModel(services, { connectionId: 'local', jobId: 'ftjob-1' })).rejects.toThrow();
    ui.expect({ pick: 'Which model?', answer: 'pricer' }, { pick: FORMS, answer: CLOSED });
    await expect(exportModel(services)).rejects.toThrow();
    ui.done();
    expect(asked).toEqual([MODEL, MODEL]);
  });

  it('works on a model that a cluster trained, whose adapter is with the server of its connection', async () => {
    await installed();
    const cluster = { storage: '/mnt/shared', workers: 2, gpu: false };
    const ray = await services.connections.add({
      kind: 'ray',
      name: 'Ray',
      baseUrl: 'https://ray.example.com',
      cluster,
    });
    trained({}, { examples: 12 }, ray.id);
    const until = [
      { pick: FORMS, answer: 'Merged Model' },
      folderChosen(),
      { notify: /^pricer-merged(-2)? was written/, kind: 'information' },
    ] as const;
    ui.expect(...until);
    await exportModel(services, { connectionId: ray.id, model: MODEL });
    ui.expect({ pick: 'Which model?', answer: 'pricer' }, ...until);
    await exportModel(services);
    ui.done();
    expect(servers).toEqual([ray.id, ray.id]);
    const [call] = await programs.calls();
    expect(String(call?.job?.['card'])).toContain('| Training examples | 12 |');
  });

  it('names a base from a folder without its path, and a checkpoint by its step', async () => {
    await installed({ exports: { merged: { ...EXPORTED, lines: [EXPORT_WARNING, ...EXPORTED.lines] } } });
    adapter = { ...(adapter as AdapterInfo), base: 'mine', source: '/home/me/models/mine', revision: null };
    trained();
    ui.expect({ pick: FORMS, reads: ['Merged Model: size not known'], answer: 'Merged Model' }, folderChosen(), {
      notify: /^pricer-at-step-4-merged was written: .* writes the date of the day\.$/,
      kind: 'warning',
    });
    await exportModel(services, { connectionId: 'local', model: `${MODEL}:ckpt-step-4` });
    ui.done();
    const [call] = await programs.calls();
    expect(call?.job).toMatchObject({ base_name: 'mine', model: '/home/me/models/mine' });
    expect(call?.job?.['card']).not.toMatch(/\/home\/me/u);
  });

  it.each([
    [
      'a model of another provider',
      { connectionId: 'lab', model: 'ft:gpt:me:x:1' },
      'was not fine-tuned on this machine',
    ],
    ['the linear baseline', { connectionId: 'local', model: 'ft:local-linear-1:local:x:1' }, 'from open weights'],
    ['a base', { connectionId: 'local', model: BASE }, 'was not fine-tuned on this machine'],
    ['a job without a model', { connectionId: 'local', jobId: 'ftjob-1' }, 'This job has no model yet.'],
    ['no job', { connectionId: 'local', jobId: 'none' }, 'This command works on a job'],
    ['nothing that could be chosen', undefined, 'No open-weights model was fine-tuned'],
  ])('refuses %s', async (_, arg, message) => {
    trained({ fineTunedModel: null, status: 'running' });
    await expect(exportModel(services, arg)).rejects.toThrow(message);
    ui.done();
  });

  it('leads to the set-up where there is no Python, and asks for nothing in Restricted Mode', async () => {
    trained();
    await expect(exportModel(services, node)).rejects.toMatchObject({
      problem: { code: 'not-set-up' },
      remedies: [{ title: 'Set Up…' }],
    });
    editor.trusted = false;
    await expect(exportModel(services, node)).rejects.toThrow('off in Restricted Mode');
    ui.done();
  });

  it('says that an adapter is gone, and writes nothing', async () => {
    await installed();
    trained();
    adapter = new ProviderFailure(
      { code: 'not-found', message: 'Not found.', action: 'Look again.' },
      { outcome: 'refused', advice: 'never', status: 404, serverCode: 'no_adapter', retryAfterMs: null },
    );
    await expect(exportModel(services, node)).rejects.toMatchObject({ problem: { code: 'adapter-gone' } });
    expect(await readdir(target)).toEqual([]);
    ui.done();
  });

  it('shows a refusal of the trainer, and leaves nothing', async () => {
    const refusal = {
      type: 'error',
      code: 'bad-template',
      message: 'It has no template.',
      action: 'Export it merged.',
    };
    await installed({ exports: { ollama: { lines: [refusal], code: 1 } } });
    trained();
    ui.expect({ pick: FORMS, answer: 'Ollama Modelfile' }, folderChosen());
    await expect(exportModel(services, node)).rejects.toMatchObject({ problem: { message: 'It has no template.' } });
    expect(await readdir(target)).toEqual([]);
    ui.done();
  });

  describe('to the hub', () => {
    const ACCOUNT = { type: 'account', name: 'me', organizations: ['team'] };
    const REFUSED = { type: 'error', code: 'bad-token', message: 'The hub refused it.', action: 'Enter another.' };
    const look = { lines: [ACCOUNT] };
    const sent = {
      lines: [
        { type: 'progress', stage: 'write', done: 3, total: 13 },
        { type: 'pushed', repository: 'me/pricer', url: 'http://elsewhere/', commit: 'c' },
      ],
    };
    const NAME = /^Name of the new repository, as owner\/name; the token belongs to me$/;
    const PRIVACY = 'Who can see the repository?';
    const form = { pick: FORMS, answer: 'Merged Model' } as const;

    beforeEach(() => {
      vi.stubEnv('HF_ENDPOINT', undefined);
      vi.stubEnv('HF_TOKEN', undefined);
      trained();
    });

    async function ready(pushes: FakePython['pushes'], token: string | null = 'hf_kept'): Promise<void> {
      await installed({ exports: { merged: EXPORTED }, ...(pushes ? { pushes } : {}) });
      if (token !== null) await services.context.secrets.store('hub-token:https://huggingface.co', token);
    }
    const pushed = async () => (await programs.calls()).filter(({ job }) => job?.['do'] === 'send');

    it('names account, repository and every file with its size, and is private unless that is changed', async () => {
      await ready({ look, send: sent });
      ui.expect(
        form,
        {
          input: NAME,
          refused: [
            ['pricer', 'Enter a name such as me/pricer-merged.'],
            ['a/b/c', 'Enter a name such as me/pricer-merged.'],
            ['other/pricer', 'The token may not write for this owner.'],
          ],
          answer: 'me/pricer',
        },
        { pick: PRIVACY, answer: AS_IT_IS },
        {
          modal: 'Push to the private repository me/pricer?',
          detail:
            /^Account me at huggingface\.co\. These files are sent, and no rows of a dataset:\nREADME\.md · 6 bytes\nmodel\.safetensors · 7 bytes\n2 files, 13 bytes together$/,
          answer: 'Push',
        },
        { notify: 'me/pricer is at the hub.', kind: 'information', answer: 'Open Page' },
        { openExternal: /me\/pricer$/, answer: true },
      );
      await pushToHub(services, node);
      await vi.waitFor(() => {
        ui.done();
      });
      const calls = await programs.calls();
      expect(calls.map(({ job }) => job?.['do'] ?? job?.['form'])).toEqual(['look', 'merged', 'send']);
      expect(calls.map(({ env }) => env['HF_TOKEN'])).toEqual(['hf_kept', undefined, 'hf_kept']);
      expect(calls.every(({ args }) => !args.join(' ').includes('hf_kept'))).toBe(true);
      const [call] = await pushed();
      expect(call?.job).toMatchObject({ repository: 'me/pricer', private: true });
      expect(call?.job?.['files']).toEqual([
        { name: 'README.md', bytes: 6 },
        { name: 'model.safetensors', bytes: 7 },
      ]);
      // What was written for it is gone.
      expect(await readdir(placesIn(extension.folder).root)).toEqual(['venv']);
    });

    it('asks a second time before anything becomes public', async () => {
      await ready({ look, send: sent });
      const until = [
        form,
        { input: NAME, answer: 'team/pricer' },
        { pick: PRIVACY, answer: '$(globe) Public' },
        { modal: 'Push to the public repository team/pricer?', answer: 'Continue…' },
      ] as const;
      ui.expect(...until, { modal: 'Make team/pricer public?', detail: /apache-2\.0/, answer: CLOSED });
      await expect(pushToHub(services, node)).rejects.toThrow();
      expect(await pushed()).toEqual([]);
      ui.expect(...until, { modal: 'Make team/pricer public?', answer: 'Make Public' });
      ui.expect({ notify: 'team/pricer is at the hub.', kind: 'information' });
      await pushToHub(services, node);
      ui.done();
      expect((await pushed()).map(({ job }) => job?.['private'])).toEqual([false]);
    });

    it('sends nothing without a yes', async () => {
      await ready({ look, send: sent });
      ui.expect(
        form,
        { input: NAME, answer: AS_IT_IS },
        { pick: PRIVACY, answer: AS_IT_IS },
        { modal: 'Push to the private repository me/pricer-merged?', answer: CLOSED },
      );
      await expect(pushToHub(services, node)).rejects.toThrow();
      ui.done();
      expect(await pushed()).toEqual([]);
      expect(await readdir(placesIn(extension.folder).root)).toEqual(['venv']);
    });

    it('of a refused token says one sentence, and leads to another token', async () => {
      await ready({ look: { lines: [REFUSED], code: 1 } }, null);
      const token = [
        { pick: 'A push needs a token with the right to write.', answer: '$(key) Enter an access token…' },
        { input: /^Token for huggingface\.co/, answer: 'hf_wrong' },
      ] as const;
      ui.expect(form, ...token);
      const failure = await pushToHub(services, node).catch((error: unknown) => error as ProblemError);
      ui.done();
      expect(failure).toMatchObject({
        problem: { message: 'The hub refused it.', action: 'Enter another.' },
        remedies: [{ title: 'Enter Token…' }],
      });
      expect(await services.context.secrets.get('hub-token:https://huggingface.co')).toBe('hf_wrong');
    });

    it('sends no token over http to another machine', async () => {
      await ready({ look, send: sent });
      vi.stubEnv('HF_ENDPOINT', 'http://hub.example');
      await expect(pushToHub(services, node)).rejects.toMatchObject({ problem: { code: 'unsafe-hub' } });
      ui.done();
      expect(await programs.calls()).toEqual([]);
    });
  });

  it('takes names that every system takes', () => {
    expect(folderName('HuggingFaceTB/SmolLM2', 'adapter')).toBe('SmolLM2-adapter');
    expect(folderName('../..', 'merged')).toBe('model-merged');
    expect(folderName('a:b*c"<d>|e?', 'ollama')).toBe('a-b-c-d-e-ollama');
    expect(folderName('größer 2', 'adapter')).toBe('größer-2-adapter');
    expect(folderName('.hidden', 'adapter')).toBe('hidden-adapter');
  });
});
