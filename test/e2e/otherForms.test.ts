import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { addCompatibleConnection, answerFineTuning, beginFineTuning } from '../support/e2e/mainJob.ts';
import { patience } from '../support/e2e/again.ts';
import { startFaultServer, type FaultServer } from '../support/faultServer.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

const good = toJsonl(priceRows(12, 100)).trimEnd().split('\n');
/** The fourth example goes on over two more lines. */
const broken = good.map((line, n) => (n === 3 ? line.replace('Price is', 'I think:\n00:01 so\nPrice is') : line));
const preferences = [
  ...Array.from({ length: 12 }, (_, n) => ({
    prompt: [{ role: 'user', content: `Question ${String(n)}` }],
    chosen: [{ role: 'assistant', content: `Better ${String(n)}` }],
    rejected: [{ role: 'assistant', content: `Worse ${String(n)}` }],
    margin: n,
  })),
  { prompt: 'Question 12', chosen: 'Same', rejected: 'Same', margin: 0 },
];

/** Files as users have them: broken by another program, not downloaded, in the form of another tool. */
describe('files in other forms', () => {
  let server: FaultServer;
  let workspace = '';
  const window = useWindow(async () => {
    server = await startFaultServer();
    workspace = await temporaryWorkspace({
      'breaks.jsonl': `${broken.join('\n')}\n`,
      'pointer.jsonl': 'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943\nsize 12345678\n',
      'liked.jsonl': preferences.map((row) => JSON.stringify(row)).join('\n'),
    });
    return { workspace };
  });
  afterAll(() => server.close());
  const read = (name: string): Promise<string> => readFile(path.join(workspace, name), 'utf8');
  const open = async (name: string): Promise<void> => {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.select(name);
    await window().editors.show(name);
  };

  it('an example that goes on over lines is one problem, which one quick fix takes away', async () => {
    await open('breaks.jsonl');
    const { text } = window().editors;
    await text.getByText('1 problem', { exact: true }).waitFor({ timeout: patience });
    await text.locator('.view-line').first().click();
    await window().quickInput.runCommand('Go to Next Problem (Error, Warning, Info)');
    const message = window().page.getByText('A text goes on over lines 4–6').filter({ visible: true });
    await message.first().waitFor({ timeout: patience });
    await window().page.keyboard.press('Escape');
    await window().page.locator('[class*="codicon-gutter-lightbulb"]').first().click({ timeout: patience });
    const fix = window().page.locator('.action-widget .action-item, .action-widget .monaco-list-row');
    await fix.filter({ hasText: 'Write \\n for the line breaks' }).first().click({ timeout: patience });
    await text.getByText('no problems', { exact: true }).waitFor({ timeout: patience });
    await window().quickInput.runCommand('File: Save');
    await expect
      .poll(() => read('breaks.jsonl'), { timeout: patience })
      .toBe(`${broken.map((line) => line.replaceAll('\n', '\\n')).join('\n')}\n`);
  });

  it('a file that Git LFS has not downloaded is named, once', async () => {
    await open('pointer.jsonl');
    await window().quickInput.runCommand('View: Focus Problems (Errors, Warnings, Infos)');
    const problems = window().page.locator('.markers-panel');
    await problems.getByText('only a pointer of Git LFS').first().waitFor({ timeout: patience });
    expect(await problems.locator('.monaco-list-row', { hasText: 'Tuning Fork' }).count()).toBe(1);
  });

  it('preference data of another tool is converted, and what is left out is told', async () => {
    await open('liked.jsonl');
    await window().quickInput.runCommand('Tuning Fork: Convert to Chat JSONL…');
    const told = await window().notifications.shown('Created liked.dpo.jsonl (12 preference pairs).');
    expect(told).toContain('1 row was left out, on line 13: The preferred and the non-preferred answer are the same.');
    expect(told).toContain('A key was left out: margin.');
    const rows = (await read('liked.dpo.jsonl')).trimEnd().split('\n');
    expect(rows.map((row) => JSON.parse(row) as unknown)).toEqual(
      preferences.slice(0, 12).map(({ prompt, chosen, rejected }) => ({
        input: { messages: prompt },
        preferred_output: chosen,
        non_preferred_output: rejected,
      })),
    );
  });

  it('starts a preference job with it', async () => {
    await addCompatibleConnection(window(), { name: 'Lab', baseUrl: server.baseUrl, key: server.apiKey });
    await window().page.locator('.statusbar-item', { hasText: 'Lab is connected' }).first().waitFor();
    const { sideBar } = window();
    await beginFineTuning(window(), 'liked.dpo.jsonl');
    await answerFineTuning(window(), { connection: 'Lab', model: 'base-1', validation: 'None', suffix: 'liked' });
    await window().dialog.shown('Start a paid job at Lab for an unknown amount?');
    await window().dialog.press('Start at Unknown Price');
    await sideBar.view('Jobs').shows(/liked\s*waiting to start/);
    expect(server.ledger.jobs).toHaveLength(1);
    expect(server.ledger.jobs[0]).toMatchObject({ method: { type: 'dpo' } });
    expect(server.ledger.files.map(({ content }) => content.trimEnd())).toEqual([
      (await read('liked.dpo.jsonl')).trimEnd(),
    ]);
  });
});
