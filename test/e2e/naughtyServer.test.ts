import type { Locator } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { addCompatibleConnection } from '../support/e2e/mainJob.ts';
import { patience } from '../support/e2e/again.ts';
import { startFaultServer, type FaultServer } from '../support/faultServer.ts';
import { HIDDEN_CHARACTER } from '../support/webviewHarness/payloads.ts';

/** Names are cut after 80 characters, so what matters comes first. Each tries to be a link, an element, an icon, a turned text and a second line at once. */
const LINK = '[quit](command:workbench.action.quit)';
const hostile = (place: string): string =>
  `${place} $(zap) a\u202eb\u0007 ${LINK} <img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\n${place}2`;
/** What no text may leave on the screen, wherever it stands. */
const ALIVE = 'a[href^="command:"], a[data-href^="command:"], img[src="x"], script, .codicon-zap';

/** P11 where it counts: in the elements of the window, not in the strings that are handed to it. */
describe('P11: what a hostile server writes', () => {
  let server: FaultServer;
  const window = useWindow(async () => {
    server = await startFaultServer();
    server.ledger.jobs.push({
      id: 'ftjob-naughty',
      object: 'fine_tuning.job',
      created_at: 1_700_000_000,
      finished_at: null,
      model: hostile('model'),
      fine_tuned_model: null,
      status: 'running',
      suffix: hostile('suffix'),
      training_file: hostile('file'),
      result_files: [],
      trained_tokens: null,
      error: {},
      metadata: { tuning_fork_name: hostile('name'), tuning_fork_intent: 'x', [`${LINK} key`]: hostile('value') },
    });
    server.events.push({
      id: 'e1',
      object: 'fine_tuning.job.event',
      created_at: 1_700_000_100,
      level: 'warn',
      message: hostile('event'),
      type: 'message',
      data: {},
    });
    return { workspace: await temporaryWorkspace({ 'a.txt': '' }), size: { width: 1800, height: 1200 } };
  });
  afterAll(() => server.close());
  const jobs = () => window().sideBar.view('Jobs');

  /** The text is there, as it was written, and nothing was made of it. */
  async function inert(where: Locator, place: string): Promise<void> {
    await where
      .filter({ hasText: `${place} ` })
      .first()
      .waitFor({ timeout: patience });
    const text = (await where.allInnerTexts()).join('\n').replace(/\u00a0/g, ' ');
    expect(text).toContain('[quit]');
    expect(text).toContain('<img src=x');
    expect(text).not.toMatch(HIDDEN_CHARACTER);
    expect(await where.locator(ALIVE).count()).toBe(0);
  }

  it('is text in the tree and in its tooltips', async () => {
    await addCompatibleConnection(window(), { name: 'Bad', baseUrl: server.baseUrl, key: server.apiKey });
    await jobs().expand(/^\s*name /);
    await inert(jobs().row(/^\s*name /), 'name');
    for (const group of [/^\s*Details/, /^\s*Events/, /^\s*Files/]) await jobs().expand(group);
    for (const place of ['model', 'suffix', 'value', 'event', 'file']) {
      await inert(
        jobs()
          .rows.filter({ hasText: `${place} $(zap)` })
          .last(),
        place,
      );
    }
    await inert(await jobs().tooltip(/^\s*name /), 'name');
    await window().page.mouse.move(900, 900);
  });

  it('is text in the list that a command asks with', async () => {
    const { quickInput } = window();
    await quickInput.runCommand('Tuning Fork: Show Job Events');
    await quickInput.step('Which job?');
    await inert(quickInput.rows, 'name');
    await quickInput.dismiss();
  });

  it('is text in the notification of a failure and in the log', async () => {
    Object.assign(server.ledger.jobs[0] ?? {}, {
      status: 'failed',
      finished_at: 1_700_000_500,
      error: { code: hostile('code'), message: hostile('error'), param: null },
    });
    await window().notifications.shown('failed', patience);
    await inert(window().notifications.all, 'name');
    await inert(window().notifications.all, 'error');
    // A refusal of the server, in its own words, through the log.
    server.otherwise = () => ({
      kind: 'status',
      status: 400,
      body: { error: { message: hostile('refusal'), code: hostile('code') } },
    });
    await window().quickInput.runCommand('Tuning Fork: Delete Unused Uploads…');
    await window().quickInput.step('At which connection?');
    await window().quickInput.pick('Bad');
    await window().notifications.shown('refusal');
    await inert(window().notifications.all, 'refusal');
    await window().notifications.press('refusal', 'Show Log');
    const log = window().page.locator('.part.panel .view-lines');
    await log.filter({ hasText: 'refusal' }).waitFor({ timeout: patience });
    const lines = (await log.innerText()).replace(/\u00a0/g, ' ').split('\n');
    expect(lines.join('\n')).not.toMatch(HIDDEN_CHARACTER);
    expect(lines.filter((line) => line.trimStart().startsWith('refusal2'))).toEqual([]);
    expect(await log.locator(ALIVE).count()).toBe(0);
    // Nothing of it ran.
    expect(await window().page.evaluate<unknown>('window.hacked')).toBeUndefined();
  });
});
