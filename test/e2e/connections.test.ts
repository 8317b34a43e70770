import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import {
  addCompatibleConnection,
  answerFineTuning,
  beginFineTuning,
  fineTune,
  SUMMARY,
} from '../support/e2e/mainJob.ts';
import { patience } from '../support/e2e/again.ts';
import { startFaultServer, type FaultServer } from '../support/faultServer.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';
import { startServe, type Serve } from '../support/serve.ts';

const ENVIRONMENT_KEY = 'sk-canary-of-the-environment-6789';
const ACCOUNT_KEYS = { Work: 'sk-canary-of-the-work-account-01', Home: 'sk-canary-of-the-home-account-02' } as const;
const AZURE_TUNED = 'gpt-4.1-2025-04-14.ft-0123456789abcdef0123456789abcdef';

/** Two training servers and two made-up providers side by side, by mouse and keyboard. */
describe('connections', () => {
  let lab: Serve;
  let closed: FaultServer;
  let azure: FaultServer;
  let accounts: FaultServer;
  const window = useWindow(async () => {
    lab = await startServe();
    closed = await startFaultServer();
    azure = await startFaultServer();
    accounts = await startFaultServer();
    return {
      size: { width: 1400, height: 1200 },
      env: { OPENAI_API_KEY: ENVIRONMENT_KEY },
      workspace: await temporaryWorkspace({
        'shop.jsonl': toJsonl(priceRows(60, 100)),
        'attic.jsonl': toJsonl(priceRows(40, 900)),
      }),
    };
  });
  afterAll(async () => {
    await Promise.all([lab.stop(), closed.close(), azure.close(), accounts.close()]);
  });
  const jobs = () => window().sideBar.view('Jobs');
  const models = () => window().sideBar.view('Models');
  const connected = (name: string, works: string) =>
    window()
      .page.locator('.statusbar-item', { hasText: `${name} is connected: ${works}` })
      .first()
      .waitFor({ timeout: patience });
  it('is offered the key of the environment, and takes it only when it is chosen', async () => {
    const { quickInput } = window();
    await quickInput.runCommand('Tuning Fork: Add Connection…');
    await quickInput.step('Which provider?');
    await quickInput.pick(/^OpenAI\s*api\.openai\.com/);
    await quickInput.step('Which key?');
    const rows = (await quickInput.texts()).join('\n');
    expect(rows).toMatch(/Use OPENAI_API_KEY from the environment[\s\S]*…6789/);
    expect(rows).not.toContain(ENVIRONMENT_KEY);
    await quickInput.pick('Enter a key…');
    await quickInput.step('API key for api.openai.com');
    expect(await quickInput.field.inputValue()).toBe('');
    await quickInput.dismiss();
  });

  it('has a second server added by address and key, looked at without creating anything', async () => {
    await addCompatibleConnection(window(), { name: 'Lab', baseUrl: lab.baseUrl, key: lab.apiKey });
    await connected('Lab', 'models, files');
    await jobs().shows('Lab');
  });

  it('trains there and on the embedded server, and shows the jobs of both', async () => {
    await fineTune(window(), { file: 'attic.jsonl', validation: 'None', epochs: '1', suffix: 'here' });
    await fineTune(window(), {
      file: 'shop.jsonl',
      connection: 'Lab',
      validation: 'None',
      epochs: '1',
      suffix: 'there',
    });
    await jobs().shows(/^\s*here\s*local-linear-1/);
    await jobs().shows(/^\s*there\s*local-linear-1/);
    const rows = await jobs().texts();
    const at = (text: string): number => rows.findIndex((row) => row.startsWith(text));
    expect(at('Local')).toBeLessThan(at('here'));
    expect(at('here')).toBeLessThan(at('Lab'));
    expect(at('Lab')).toBeLessThan(at('there'));
  });

  it('shows the models of both, asking each when it is opened', async () => {
    await window().sideBar.showOnly('Models');
    await models().expand(/^\s*Lab/);
    await models().shows(/^\s*there/);
    await models().shows(/Capabilities/);
    await models().expand(/^\s*Local/);
    await models().shows(/^\s*here/);
    await models().expand('Capabilities');
    await models().shows(/Fine-tuning\s*yes/);
  });

  it('copies code that asks a model, with the right address and no key', async () => {
    await models().choose(/^\s*there/, 'Copy Model Request as Python');
    await expect.poll(() => window().clipboard()).toContain(lab.baseUrl);
    const code = await window().clipboard();
    expect(code).toMatch(/model="ft:local-linear-1:[^"]*there[^"]*"/);
    expect(code).not.toContain(lab.apiKey);
  });

  it('renames a connection from its menu, in all views', async () => {
    await models().choose(/^\s*Lab/, 'Rename Connection…');
    await window().quickInput.step('Rename Lab');
    await window().quickInput.enter('Local');
    await window().quickInput.step('A connection with this name already exists');
    await window().quickInput.enter('Attic');
    await models().shows(/^\s*Attic/);
    await window().sideBar.showOnly('Jobs');
    await jobs().shows(/^\s*Attic/);
  });

  it('deletes a model after saying what is lost, and only that', async () => {
    await window().sideBar.showOnly('Models');
    const tuned = /^\s*there\s*ft:/;
    await models().choose(tuned, 'Delete Model…');
    await window().dialog.shown('Delete the model there?');
    expect(await window().dialog.box.innerText()).toContain('permanently deleted');
    await window().page.keyboard.press('Escape');
    await models().shows(tuned);
    await models().choose(tuned, 'Delete Model…');
    await window().dialog.shown('Delete the model there?');
    await window().dialog.press('Delete');
    await models().row(tuned).waitFor({ state: 'hidden', timeout: patience });
    const listed = await fetch(`${lab.baseUrl}/models`, { headers: { authorization: `Bearer ${lab.apiKey}` } });
    const { data } = (await listed.json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id).filter((id) => id.includes(':there:') && !id.includes(':ckpt-'))).toEqual([]);
    // A checkpoint is a model of its own.
    await models().shows(/^\s*there at step \d+/);
    await models().shows(/^\s*here/);
  });

  it('explains that a provider no longer trains, and goes on with the same dataset on another', async () => {
    closed.otherwise = (route) =>
      route === 'POST /fine_tuning/jobs'
        ? { kind: 'status', status: 403, body: { error: { code: 'training_not_available', message: 'Winding down' } } }
        : { kind: 'ok' };
    await addCompatibleConnection(window(), { name: 'Closed', baseUrl: closed.baseUrl, key: closed.apiKey });
    await connected('Closed', 'models, files, and fine-tuning');
    const { quickInput } = window();
    const confirm = async (): Promise<void> => {
      await window().dialog.shown('Start a paid job at Closed');
      await window().dialog.press('Start at Unknown Price');
      await window().sideBar.show('Tuning Fork');
    };
    await beginFineTuning(window(), 'shop.jsonl');
    await answerFineTuning(window(), {
      connection: 'Closed',
      model: 'base-1',
      validation: 'None',
      epochs: '1',
      suffix: 'moved',
    });
    await confirm();
    const text = await window().notifications.shown('no longer starts fine-tuning jobs');
    expect(text).toContain('Jan 6, 2027');
    await window().notifications.press('no longer starts fine-tuning jobs', 'Start on Local Instead…');
    // Local has one model; everything that was answered before stands in the summary.
    await quickInput.step(SUMMARY);
    const summary = (await quickInput.texts()).join('\n');
    expect(summary).toMatch(/Connection\s*Local/);
    expect(summary).toMatch(/Base model\s*local-linear-1/);
    expect(summary).toMatch(/Epochs\s*1/);
    expect(summary).toMatch(/Suffix\s*moved/);
    await quickInput.pick(/^\W*Start/);
    await window().sideBar.showOnly('Jobs');
    await jobs().shows(/^\s*moved\s*local-linear-1/);
    expect(closed.ledger.jobs).toEqual([]);
  });

  it('no longer offers that provider for training, and says why', async () => {
    const { quickInput } = window();
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.choose('shop.jsonl', 'Fine-Tune with Dataset…');
    await quickInput.step('Where should it be trained?');
    expect((await quickInput.texts()).find((row) => row.includes('Closed'))).toContain('no longer starts');
    await quickInput.dismiss();
    await window().sideBar.showOnly('Models');
    await models().shows(/^\s*Closed.*· no training/s);
  });

  it('takes the name of a deployment before a model of Azure is asked, and asks by it', async () => {
    azure.otherwise = (route) => {
      const list = { object: 'list', data: [] as object[], has_more: false };
      if (route === 'GET /openai/v1/models') {
        const capabilities = { fine_tune: true };
        list.data.push({ id: AZURE_TUNED }, { id: 'gpt-4.1-2025-04-14', capabilities, shutdown_date: '2099-12-24' });
      }
      return route.startsWith('GET ')
        ? { kind: 'json', value: list }
        : { kind: 'json', value: { choices: [{ message: { content: 'A reply.' }, finish_reason: 'stop' }] } };
    };
    const { quickInput } = window();
    await quickInput.runCommand('Tuning Fork: Add Connection…');
    await quickInput.step('Which provider?');
    await quickInput.pick('Azure OpenAI');
    await quickInput.step('Name of the resource, or its endpoint');
    await quickInput.enter('not a resource');
    await quickInput.step('Enter its name, or the endpoint');
    await quickInput.enter(azure.origin);
    await quickInput.step('API key for');
    await quickInput.enter('azure-key-0123456789');
    await connected('Azure OpenAI', 'models, files, fine-tuning, and batches');
    await window().sideBar.showOnly('Models');
    await models().expand(/^\s*Azure OpenAI/);
    await models().choose(/ft-0123456789abcdef/, 'Try Model…');
    await quickInput.step('answer only when deployed');
    await quickInput.enter('pricer-1');
    const panel = await window().editors.webview(/^Try /);
    await panel.getByText('Typed prompt').first().click();
    await panel.locator('textarea').nth(1).fill('How much?');
    await panel.getByRole('button', { name: 'Ask', exact: true }).click();
    await panel.getByText('A reply.').first().waitFor({ timeout: patience });
    const asked = azure.requests.filter(({ path: where }) => where.endsWith('/chat/completions'));
    expect(asked.map(({ body }) => (JSON.parse(body) as { model: string }).model)).toEqual(['pricer-1']);
    expect(azure.requests.every(({ headers }) => headers['api-key'] === 'azure-key-0123456789')).toBe(true);
    expect(azure.requests.every(({ headers }) => headers.authorization === undefined)).toBe(true);
    await models().shows(/deployed as pricer-1/);
  });

  it('keeps two accounts of one provider apart: each is asked with its own key', async () => {
    accounts.otherwise = () => ({ kind: 'json', value: { object: 'list', data: [], has_more: false } });
    // One origin, told apart by their paths: both are looked at in the same moments.
    const address = (name: string): string => `${accounts.origin}/${name.toLowerCase()}/v1`;
    const asked = (name: string): readonly string[] =>
      accounts.requests
        .filter(({ path: where }) => where.startsWith(`/${name.toLowerCase()}/`))
        .map(({ headers }) => headers.authorization ?? 'none');
    const keysOf = (name: string): readonly string[] => [...new Set(asked(name))];
    for (const [name, key] of Object.entries(ACCOUNT_KEYS)) {
      await addCompatibleConnection(window(), { name, baseUrl: address(name), key });
      await connected(name, 'models, files');
    }
    const test = async (name: string): Promise<void> => {
      const before = asked(name).length;
      await window().sideBar.showOnly('Models');
      await models().choose(new RegExp(`^\\s*${name}`), 'Test Connection');
      await expect.poll(() => asked(name).length - before, { timeout: patience }).toBeGreaterThanOrEqual(4);
      // Each look at a provider ends in the Jobs view, which takes the room of the Models view.
      await jobs().pane.locator('.pane-header[aria-expanded="true"]').waitFor({ timeout: patience });
    };
    for (const [name, key] of Object.entries(ACCOUNT_KEYS)) {
      await test(name);
      expect(keysOf(name)).toEqual([`Bearer ${key}`]);
    }
    // The key of the one that is removed goes, and the other one's stays.
    await window().sideBar.showOnly('Models');
    await models().choose(/^\s*Home/, 'Remove Connection…');
    await window().dialog.shown('Remove Home?');
    await window().dialog.press('Remove');
    await models()
      .row(/^\s*Home/)
      .waitFor({ state: 'hidden', timeout: patience });
    await test('Work');
    expect(keysOf('Work')).toEqual([`Bearer ${ACCOUNT_KEYS.Work}`]);
    await window().sideBar.showOnly('Models');
  });

  it('forgets a connection after saying what stays', async () => {
    await models().choose(/^\s*Closed/, 'Remove Connection…');
    await window().dialog.shown('Remove Closed?');
    expect(await window().dialog.box.innerText()).toMatch(/key is deleted from this machine.*stay at the provider/s);
    await window().dialog.press('Remove');
    await models()
      .row(/^\s*Closed/)
      .waitFor({ state: 'hidden', timeout: patience });
    await window().sideBar.showOnly('Jobs');
    await jobs().shows('Local');
    await jobs()
      .row(/^\s*Closed/)
      .waitFor({ state: 'hidden', timeout: patience });
  });

  it('leaves no key in any file, log, address or argument of a process (P12)', async () => {
    // Not the token of the embedded server: that file is its one place, readable by this user only.
    const canaries = [
      lab.apiKey,
      closed.apiKey,
      'azure-key-0123456789',
      ENVIRONMENT_KEY,
      ...Object.values(ACCOUNT_KEYS),
    ];
    const found: string[] = [];
    let files = 0;
    for (const entry of await readdir(window().profile.folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      files += 1;
      const file = path.join(entry.parentPath, entry.name);
      const content = await readFile(file).catch(() => Buffer.alloc(0));
      if (canaries.some((canary) => content.includes(canary))) found.push(file);
    }
    expect(files).toBeGreaterThan(20);
    expect(found).toEqual([]);
    for (const { path: where, query, body } of [...azure.requests, ...closed.requests]) {
      const sent = `${where}?${query.toString()} ${body}`;
      expect(canaries.filter((canary) => sent.includes(canary))).toEqual([]);
    }
    if (process.platform !== 'linux') return;
    const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
    expect(lines.filter((line) => canaries.some((canary) => line.includes(canary)))).toEqual([]);
  });
});
