import { readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as vscode from 'vscode';
import type { LocalServers } from '../../../../src/connections/localServers.ts';
import { ConnectionStore } from '../../../../src/connections/store.ts';
import { KeyStore } from '../../../../src/extension/connections/keyStore.ts';
import { Providers } from '../../../../src/extension/connections/providers.ts';
import { COMMANDS } from '../../../../src/extension/contributions.ts';
import { importAdapter } from '../../../../src/extension/openWeights/importAdapter.ts';
import type { JobRef } from '../../../../src/extension/jobs/jobRef.ts';
import { Cancelled } from '../../../../src/extension/ui/errors.ts';
import { startServer, type LocalServer } from '../../../../src/local/server/server.ts';
import { JobStore } from '../../../../src/jobs/store/store.ts';
import { createClient } from '../../../../src/openai/client.ts';
import { placesIn } from '../../../../src/openWeights/places.ts';
import { memorySecrets } from '../../../support/extensionDouble.ts';
import { adapterFiles, CONFIG, writeFiles, zipOf } from '../../../support/openWeights/adapterFiles.ts';
import { setUpFakePython } from '../../../support/openWeights/fakePython.ts';
import { CLOSED, uiDouble, type Line, type UiDouble } from '../../../support/uiDouble.ts';
import { editor } from '../../../support/vscodeDouble.ts';
import { removeFolder, temporaryFolder } from '../../local/serveProcess.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

type Services = Parameters<typeof importAdapter>[0];

let folder: string;
let ui: UiDouble;
let server: LocalServer;
let services: Services;
let looked: string[];
/** Names of the jobs that were in the store when their charts were opened. */
let shown: (string | undefined)[];

beforeEach(async () => {
  editor.reset();
  folder = temporaryFolder();
  ui = uiDouble();
  looked = [];
  shown = [];
  const store = new JobStore({ folder: path.join(folder, 'jobs') });
  const data = placesIn(folder).server;
  await setUpFakePython(data);
  server = await startServer({ dataFolder: data, port: 0, version: 'test' });
  const endpoint = { baseUrl: server.baseUrl, apiKey: server.apiKey };
  const local = { ensure: () => Promise.resolve({ ok: true, value: endpoint }) } as unknown as LocalServers;
  const connections = new ConnectionStore(folder);
  const keys = new KeyStore(memorySecrets(), () => connections.list());
  const log = (): undefined => undefined;
  services = {
    folder,
    ui,
    context: { subscriptions: [] },
    jobs: store,
    log: { info: log, warn: log, error: log },
    providers: new Providers(
      connections,
      keys,
      () => Promise.resolve(local),
      () => ({ createClient }),
    ),
    watch: { look: (id: string) => Promise.resolve(void looked.push(id)) },
    panels: {
      openJob: ({ connectionId, jobId }: JobRef) => {
        shown.push(store.get(connectionId, jobId)?.job.fineTunedModel ?? undefined);
        return Promise.resolve(void looked.push(jobId));
      },
    },
  } as unknown as Services;
});
afterEach(async () => {
  await services.jobs.dispose();
  await server.close();
  removeFolder(folder);
});

const jobs = async (): Promise<number> => (await (await services.providers.get('local')).listJobs()).jobs.length;
const leftovers = (): readonly string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('tuning-fork-adapter-'));

const fromFolder = (file: string): readonly Line[] => [
  { pick: /^A LoRA adapter/, answer: '$(folder) Folder…' },
  { openDialog: 'Choose Adapter Folder', answer: [vscode.Uri.file(file)] },
];
const fromZip = (file: string): readonly Line[] => [
  { pick: /^A LoRA adapter/, answer: '$(file-zip) Zip file…' },
  { openDialog: 'Choose Zip File of Adapter', answer: [vscode.Uri.file(file)] },
];

describe('Import Adapter…', () => {
  it('brings a folder home as a model and a job, whose charts it opens', async () => {
    const adapter = writeFiles(path.join(folder, 'my adapter'), adapterFiles());
    ui.expect(
      ...fromFolder(adapter),
      {
        input: /^Name of the model \(tiny-good, rank 2, .*, with its curves\)$/,
        refused: [['a:b', /^The suffix may only have/]],
        answer: 'my-adapter',
      },
      {
        notify: 'The adapter was imported as a model of this machine, with the curves of 6 steps.',
        kind: 'information',
        actions: ['Open Charts', 'Evaluate Model…'],
        answer: 'Open Charts',
      },
    );
    await importAdapter(services);
    await vi.waitFor(() => {
      expect(looked).toHaveLength(2);
    });
    const [job] = (await (await services.providers.get('local')).listJobs()).jobs;
    expect(job?.fineTunedModel).toMatch(/^ft:tiny-good:local:my-adapter:/);
    expect(looked).toEqual(['local', job?.id]);
    // The monitor has not looked yet: a panel without its job would have no curve.
    expect(shown).toEqual([job?.fineTunedModel]);
    expect(leftovers()).toEqual([]);
  });

  it('brings a zip file home, and says that it has no curves', async () => {
    const zip = path.join(folder, 'a.zip');
    writeFileSync(zip, zipOf(adapterFiles({ 'trainer_state.json': null })));
    ui.expect(
      ...fromZip(zip),
      { input: /without curves/, answer: '' },
      { notify: /It came without curves/, kind: 'information', actions: ['Evaluate Model…'] },
    );
    await importAdapter(services);
    expect(await jobs()).toBe(1);
    expect(leftovers()).toEqual([]);
  });

  it('leads to adding the base where it is not there, and leaves nothing', async () => {
    const config = JSON.stringify({ ...CONFIG, base_model_name_or_path: 'x/[y](command:z)' });
    const adapter = writeFiles(path.join(folder, 'a'), adapterFiles({ 'adapter_config.json': config }));
    ui.expect(...fromFolder(adapter));
    await expect(importAdapter(services)).rejects.toMatchObject({
      problem: { code: 'unknown-base' },
      remedies: [{ title: 'Add Model…', command: COMMANDS.addOpenWeightsModel }],
    });
    expect(await jobs()).toBe(0);
    expect(leftovers()).toEqual([]);
  });

  it('leaves nothing of a zip file that is refused, and of one whose name is not given', async () => {
    const zip = path.join(folder, 'a.zip');
    writeFileSync(zip, zipOf({ ...adapterFiles(), '../evil': 'x' }));
    ui.expect(...fromZip(zip));
    await expect(importAdapter(services)).rejects.toMatchObject({ problem: { code: 'zip-leaves' } });
    writeFileSync(zip, zipOf(adapterFiles()));
    ui.expect(...fromZip(zip), { input: /^Name/, answer: CLOSED });
    await expect(importAdapter(services)).rejects.toBeInstanceOf(Cancelled);
    ui.expect({ pick: /^A LoRA adapter/, answer: CLOSED });
    await expect(importAdapter(services)).rejects.toBeInstanceOf(Cancelled);
    expect(await jobs()).toBe(0);
    expect(leftovers()).toEqual([]);
  });
});
