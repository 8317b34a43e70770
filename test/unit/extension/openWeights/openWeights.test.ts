import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addOpenWeightsModel, idOf } from '../../../../src/extension/openWeights/addModel.ts';
import { hubId } from '../../../../src/openWeights/hubId.ts';
import { removeOpenWeightsModel } from '../../../../src/extension/openWeights/removeModel.ts';
import { setUpOpenWeights } from '../../../../src/extension/openWeights/setUp.ts';
import type { OpenWeightsServices } from '../../../../src/extension/openWeights/shared.ts';
import { SETTINGS } from '../../../../src/extension/contributions.ts';
import { isSetUp, placesIn } from '../../../../src/openWeights/places.ts';
import { readRegistry, updateRegistry } from '../../../../src/openWeights/registry.ts';
import { installTrainer, writeTrainer } from '../../../support/openWeights/installedTrainer.ts';
import { memorySecrets } from '../../../support/extensionDouble.ts';
import { FakePrograms, type FakePython } from '../../../support/openWeights/fakePrograms.ts';
import { CLOSED, uiDouble, type UiDouble } from '../../../support/uiDouble.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const PLAN = {
  type: 'plan',
  model: 'Qwen/Qwen3-0.6B',
  revision: 'a'.repeat(40),
  files: [],
  bytes: 1_500_000_000,
  bytes_cached: 0,
  license: 'apache-2.0',
  parameters: 751_632_384,
  cache: '/cache/hub',
};

describe.skipIf(process.platform === 'win32')('open-weights models in the window', () => {
  let folder: string;
  let ui: UiDouble;
  let services: OpenWeightsServices;
  let programs: FakePrograms;
  let secrets: ReturnType<typeof memorySecrets>;
  const logged: string[] = [];

  beforeEach(async () => {
    editor.reset();
    logged.length = 0;
    folder = await mkdtemp(path.join(tmpdir(), 'tuning-fork-open-weights-'));
    await writeTrainer(folder);
    programs = new FakePrograms(folder);
    vi.stubEnv('PATH', programs.folder);
    vi.stubEnv('HF_TOKEN', undefined);
    vi.stubEnv('HF_ENDPOINT', undefined);
    vi.stubGlobal('fetch', () => Promise.reject(new Error('offline')));
    ui = uiDouble();
    secrets = memorySecrets();
    const log = (text: string): void => void logged.push(text);
    services = {
      folder,
      ui,
      log: { info: log, warn: log, error: log },
      context: { extensionPath: path.join(folder, 'extension'), subscriptions: [], secrets },
    } as unknown as OpenWeightsServices;
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
    await rm(folder, { recursive: true, force: true });
  });

  /** An environment whose Python answers as the test says. */
  async function installed(behavior: FakePython = {}): Promise<void> {
    await installTrainer(folder, await programs.add('python3', behavior));
  }

  const models = async () => (await readRegistry(placesIn(folder).server)).models;

  it('says what will be installed, how large and where, and installs after Start', async () => {
    const python = await programs.add('python3');
    ui.expect(
      {
        pick: 'Nothing is installed before you choose Start',
        reads: [
          `$(terminal) Python 3.12.4: ${python}`,
          /PyTorch, transformers, trl, peft and the trainer/,
          /are free$/,
          `$(folder) In a folder of its own: ${placesIn(folder).root}`,
        ],
        answer: '$(play) Start',
      },
      { notify: 'Open-weights training is set up.', kind: 'information', answer: 'Add Model…' },
    );
    await setUpOpenWeights(services);
    expect(isSetUp(folder)).toBe(true);
    expect(editor.ran.map(([id]) => id)).toEqual(['tuningFork.refreshModels', 'tuningFork.addOpenWeightsModel']);
    ui.done();
  });

  it('installs nothing when the summary is closed', async () => {
    await programs.add('python3');
    ui.expect({ pick: /Start$/, answer: CLOSED });
    await expect(setUpOpenWeights(services)).rejects.toThrow();
    expect((await programs.calls()).some(({ args }) => args.includes('venv'))).toBe(false);
    ui.done();
  });

  it('obeys the setting', async () => {
    await programs.add('python3');
    const own = await programs.add('own', { version: '3.11.1' });
    editor.settings.set(SETTINGS.openWeightsPython, own);
    ui.expect({ pick: /Start$/, reads: [`$(terminal) Python 3.11.1: ${own}`], answer: CLOSED });
    await expect(setUpOpenWeights(services)).rejects.toThrow();
    ui.done();
  });

  it('asks the Python Environments extension first, and does without it when it fails', async () => {
    await programs.add('python3');
    const known = await programs.add('known', { version: '3.13.2' });
    const older = await programs.add('older', { version: '3.9.1' });
    const environments = [
      null,
      { version: '3.9.1', execInfo: { run: { executable: older } } },
      { version: '3.13.2', execInfo: { run: { executable: known } } },
      { version: '3.14.0' },
    ];
    const scopes: unknown[] = [];
    editor.extensions.set('ms-python.vscode-python-envs', {
      isActive: false,
      activate: () =>
        Promise.resolve({
          getEnvironments: (scope: unknown) => {
            scopes.push(scope);
            return Promise.resolve(environments);
          },
        }),
    });
    ui.expect({ pick: /Start$/, reads: [`$(terminal) Python 3.13.2: ${known}`], answer: CLOSED });
    await expect(setUpOpenWeights(services)).rejects.toThrow();
    expect(scopes).toEqual(['global']);
    for (const failing of [
      { isActive: false, activate: () => Promise.reject(new Error('off')) },
      { isActive: true, exports: undefined },
      { isActive: true, exports: { getEnvironments: () => Promise.resolve('none') } },
    ]) {
      editor.extensions.set('ms-python.vscode-python-envs', failing);
      ui.expect({ pick: /Start$/, reads: [/^\$\(terminal\) Python 3\.12\.4: /], answer: CLOSED });
      await expect(setUpOpenWeights(services)).rejects.toThrow();
    }
    ui.done();
  });

  it('does nothing in Restricted Mode', async () => {
    editor.trusted = false;
    await expect(setUpOpenWeights(services)).rejects.toThrow('Restricted Mode');
    await expect(addOpenWeightsModel(services)).rejects.toThrow('Restricted Mode');
    expect(await programs.calls()).toEqual([]);
  });

  it('has a button for each failure', async () => {
    await expect(setUpOpenWeights(services)).rejects.toMatchObject({
      problem: { code: 'no-python' },
      remedies: [{ title: 'Get Python' }],
    });
    await programs.add('python3', { pip: 'fails' });
    ui.expect({ pick: /Start$/, answer: '$(play) Start' });
    await expect(setUpOpenWeights(services)).rejects.toMatchObject({
      problem: { code: 'install-failed' },
      remedies: [{ title: 'Repair…' }, { title: 'Open Log' }],
    });
    await expect(addOpenWeightsModel(services)).rejects.toMatchObject({
      problem: { code: 'not-set-up' },
      remedies: [{ title: 'Set Up…', command: 'tuningFork.setUpOpenWeights' }],
    });
    ui.done();
  });

  it('removes the environment after a question', async () => {
    await installed();
    ui.expect(
      { pick: /^Set up on /, offers: ['$(pulse) Run Doctor', '$(tools) Repair'], answer: '$(trash) Remove' },
      { modal: 'Remove the environment of open-weights training?', answer: 'Remove' },
    );
    await setUpOpenWeights(services);
    expect(isSetUp(folder)).toBe(false);
    ui.done();
  });

  it('shows the size before a download, then downloads and adds the model', async () => {
    await installed({
      fetch: {
        plan: [PLAN],
        get: [{ type: 'progress', file: 'model.safetensors', done: 5, total: 10 }, { type: 'done' }],
      },
    });
    ui.expect(
      {
        pick: 'Small models, as of Nov 27, 2026; the hub is asked for size and license first',
        offers: ['HuggingFaceTB/SmolLM2-135M-Instruct', '$(folder) Folder…', '$(file) GGUF file…'],
        reads: ['Qwen/Qwen3-0.6B: 752M parameters · apache-2.0', /^google\/gemma-3-270m-it: .* · license to accept$/],
        answer: 'Qwen/Qwen3-0.6B',
      },
      {
        modal: 'Add Qwen/Qwen3-0.6B?',
        detail: /^1\.5 GB from huggingface\.co to \/cache\/hub\.\nLicense: apache-2\.0\./,
        answer: 'Download and Add',
      },
      { status: 'Qwen/Qwen3-0.6B was added.' },
    );
    await addOpenWeightsModel(services);
    expect(await models()).toMatchObject([
      { id: 'Qwen/Qwen3-0.6B', source: 'Qwen/Qwen3-0.6B', revision: 'a'.repeat(40), parameters: 751_632_384 },
    ]);
    ui.done();
  });

  it('downloads nothing when the size is refused', async () => {
    await installed({ fetch: { plan: [PLAN], get: [{ type: 'done' }] } });
    ui.expect({ pick: /^Small/, answer: 'Qwen/Qwen3-0.6B' }, { modal: /^Add/, answer: CLOSED });
    await expect(addOpenWeightsModel(services)).rejects.toThrow();
    expect((await programs.calls()).some(({ args }) => args.includes('get'))).toBe(false);
    expect(await models()).toEqual([]);
    ui.done();
  });

  it('uses HF_TOKEN only when it was offered and taken, and gives it to the process by its environment alone', async () => {
    vi.stubEnv('HF_TOKEN', 'hf_fromtheenvironment');
    const error = { type: 'error', code: 'gated', message: 'It is gated.', action: 'Accept the license.' };
    await installed({ fetch: { plan: [error] } });
    ui.expect(
      { pick: /^Small/, answer: 'google/gemma-3-270m-it' },
      {
        pick: 'It is gated. Accept the license.',
        offers: ['$(key) Enter an access token…'],
        answer: '$(terminal) Use HF_TOKEN from the environment',
      },
      { pick: 'It is gated. Accept the license.', answer: CLOSED },
    );
    await expect(addOpenWeightsModel(services)).rejects.toThrow();
    const asked = (await programs.calls()).filter(({ args }) => args.includes('tuning_fork_trainer.fetch'));
    expect(asked.map(({ env }) => env['HF_TOKEN'])).toEqual([undefined, 'hf_fromtheenvironment']);
    expect(JSON.stringify(asked.map(({ args }) => args))).not.toContain('hf_from');
    expect(logged.join('\n')).not.toContain('hf_from');
    expect(await secrets.get('hub-token:https://huggingface.co')).toBe('hf_fromtheenvironment');
    ui.done();
  });

  it('sends no token in the clear to another machine', async () => {
    vi.stubEnv('HF_ENDPOINT', 'http://mirror.example');
    await secrets.store('hub-token:http://mirror.example', 'hf_kept12345678');
    const error = { type: 'error', code: 'gated', message: 'It is gated.', action: 'Accept the license.' };
    await installed({ fetch: { plan: [error] } });
    ui.expect({ pick: /^Small/, answer: 'google/gemma-3-270m-it' });
    await expect(addOpenWeightsModel(services)).rejects.toMatchObject({ problem: { code: 'gated' } });
    const asked = (await programs.calls()).filter(({ args }) => args.includes('tuning_fork_trainer.fetch'));
    expect(asked.map(({ env }) => env['HF_TOKEN'])).toEqual([undefined]);
    ui.done();
  });

  it('takes a model from the list, and its files stay', async () => {
    const model = { id: 'a/b', source: 'a/b', revision: null, licence: null, parameters: null, addedAt: '2026-11-27' };
    await expect(removeOpenWeightsModel({ ...services })).rejects.toMatchObject({ problem: { code: 'no-model' } });
    await updateRegistry(placesIn(folder).server, () => ({ python: '/p', models: [model] }));
    ui.expect(
      { pick: 'Which model?', answer: 'a/b' },
      { modal: 'Remove a/b from the list?', detail: /^Its files stay on the disk/, answer: 'Remove' },
    );
    await removeOpenWeightsModel(services);
    expect(await readRegistry(placesIn(folder).server)).toEqual({ python: '/p', models: [] });
    ui.done();
  });

  it('reads ids and addresses of the hub', () => {
    expect(hubId(' Qwen/Qwen3-0.6B ')).toBe('Qwen/Qwen3-0.6B');
    expect(hubId('https://huggingface.co/Qwen/Qwen3-0.6B/tree/main')).toBe('Qwen/Qwen3-0.6B');
    expect(['Qwen', '../etc/passwd', 'a/..', '--model/x', 'a/b/c', ''].map(hubId)).toEqual(Array(6).fill(null));
    expect(idOf('/models/smol.Q8.gguf')).toBe('smol.Q8');
  });
});
