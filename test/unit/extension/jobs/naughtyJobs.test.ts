// P11 for jobs: text that a server or a user wrote, through the functions that draw the tree, the tooltip, the status bar, the
// notifications, the page, the event log and our own log.
import type * as vscode from 'vscode';
import { describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../../../src/core/provider/connection.ts';
import { eventLog } from '../../../../src/core/training/words/eventLog.ts';
import { savedResult } from '../../../../src/core/training/resultFile.ts';
import { safeFileName } from '../../../../src/core/base/fileName.ts';
import { jobUri } from '../../../../src/extension/jobs/documents/jobUris.ts';
import { inert } from '../../../../src/extension/ui/errors.ts';
import { logLine } from '../../../../src/extension/ui/logLine.ts';
import { fields } from '../../../../src/extension/jobs/panel/jobPanel.ts';
import { diagnosticsText } from '../../../../src/extension/data/diagnosticsText.ts';
import { jobItem, startItem } from '../../../../src/extension/jobs/tree/jobItems.ts';
import { failedLine, groupChildren, groupItem, groupsOf } from '../../../../src/extension/jobs/tree/jobParts.ts';
import { statusText, statusTooltip } from '../../../../src/extension/jobs/tree/jobStatusBar.ts';
import { NO_LOCAL_FACTS, type JobRecord } from '../../../../src/jobs/store/jobRecord.ts';
import { aHistory, aJob, aMetric, anEvent } from '../../../support/jobBuilders.ts';
import { bigList, HIDDEN, OWN_STRINGS } from '../../../support/naughtyStrings.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const connection: Connection = { id: 'c', kind: 'openai', name: 'Lab', baseUrl: 'https://api.openai.com/v1' };
const ref = { connectionId: 'c', jobId: 'j' };
/** Words that menus may look for; a server adds none. */
const WORDS =
  /^(job|own|foreign|active|pausable|paused|hasModel|hasResults|hasFile|deletable|failedLine|wandb|dashboard|hidden|shown)( |$)/;

/** Makes a job in which every text is this one. */
function naughty(text: string, status = text): JobRecord {
  return {
    connectionId: 'c',
    job: aJob({
      id: text,
      status,
      model: text,
      fineTunedModel: text,
      suffix: text,
      method: text,
      trainingFile: text,
      validationFile: text,
      resultFiles: [text],
      error: { code: text, message: `Line 3: ${text}`, param: text },
      metadata: Object.fromEntries([
        [text, text],
        ['tuning_fork_name', text],
      ]),
      wandb: { project: text, entity: text, name: text, tags: [text], url: text },
      hyperparameters: {
        n_epochs: 3,
        batch_size: 'auto',
        learning_rate_multiplier: 'auto',
        reasoning_effort: text,
      },
    }),
    ...aHistory({
      events: [
        anEvent({ id: text, message: text, level: text, type: text }),
        anEvent({ id: 'm', moderation: { categories: 1, flagged: [text] } }),
      ],
      metrics: [aMetric({ step: 1, trainLoss: 1 })],
    }),
    checkpoints: [{ id: text, createdAt: 0, model: text, step: 1, metrics: aMetric() }],
    local: { ...NO_LOCAL_FACTS, name: text, sourcePath: `/data/${text}`, sourceSha256: text },
    complete: true,
    gone: false,
    seenAt: 0,
  };
}

function checkLine(text: unknown, where: string): void {
  expect(typeof text, where).toBe('string');
  expect(text, where).not.toMatch(HIDDEN);
  expect((text as string).length, where).toBeLessThan(1200);
}

function checkItem(item: vscode.TreeItem, where: string): void {
  checkLine(item.label, `${where}: label`);
  expect(item.label, where).not.toBe('');
  if (item.description !== undefined) checkLine(item.description, `${where}: description`);
  // Plain text, never Markdown: an object here could hold links and commands.
  if (item.tooltip !== undefined) {
    expect(typeof item.tooltip, `${where}: tooltip`).toBe('string');
    for (const line of (item.tooltip as string).split('\n')) expect(line, `${where}: tooltip`).not.toMatch(HIDDEN);
  }
  if (item.command) expect(item.command.command, where).toMatch(/^(tuningFork\.\w+|vscode\.open)$/);
}

async function drawAll(record: JobRecord): Promise<void> {
  checkItem(jobItem(record, connection), 'job');
  expect(jobItem(record, connection).contextValue).toMatch(WORDS);
  for (const node of failedLine(record, ref)) if (node.kind === 'leaf') checkItem(node.item, 'failed line');
  for (const group of groupsOf(record)) {
    checkItem(groupItem(group, record), group);
    for (const node of await groupChildren(group, record, ref, connection)) {
      if (node.kind === 'leaf') checkItem(node.item, `${group} part`);
    }
  }
}

const strings = [...OWN_STRINGS, ...(bigList() ?? [])].filter((text) => text !== '');

describe('P11: naughty strings in jobs', () => {
  it(`are ${bigList() === null ? 'our own only: the big list is not there' : 'the big list and our own'}`, () => {
    expect(strings.length).toBeGreaterThan(bigList() === null ? 50 : 500);
  });

  // Each string is drawn in three jobs with all their parts.
  it('stay one line of text in the tree, whatever they are in', { timeout: 60_000 }, async () => {
    for (const text of strings) {
      await drawAll(naughty(text));
      await drawAll(naughty(text, 'failed'));
      await drawAll(naughty(text, 'succeeded'));
    }
  });

  it('give a job no word that menus ask for', () => {
    for (const text of ['active', 'own pausable', 'job active', ...strings]) {
      const { contextValue = '' } = jobItem({ ...naughty('x', text), local: NO_LOCAL_FACTS }, connection);
      for (const word of contextValue.split(' ')) expect(`${word} `).toMatch(WORDS);
    }
  });

  it('draw no icon and hide nothing in the status bar', () => {
    for (const text of strings) {
      const running = [naughty(text, 'running')];
      const shown = statusText(running, 0).replace(/^\$\(sync~spin\) /, '');
      expect(shown).not.toMatch(/\$\([\w-]+(~\w+)?\)/);
      expect(shown).not.toMatch(HIDDEN);
      for (const line of statusTooltip(running, 0).split('\n')) expect(line).not.toMatch(HIDDEN);
    }
  });

  it('make no link in a notification, and no second line', () => {
    for (const text of strings) {
      const shown = inert(`Fine-tuning failed: ${text}`);
      expect(shown).not.toMatch(/\]\(/);
      checkLine(shown, 'notification');
    }
  });

  it('are lines of their own in the event log', () => {
    for (const text of strings) {
      const { text: log } = eventLog(naughty(text).events);
      expect(log.split('\n')).toHaveLength(3);
      for (const line of log.split('\n')) expect(line).not.toMatch(HIDDEN);
    }
  });

  it('begin no line of our log and hold no control sequence there', () => {
    for (const text of strings) {
      const [first = '', ...rest] = logLine(`A job: ${text}`).split('\n');
      for (const line of rest) expect(line).toMatch(/^ {4}/);
      for (const line of [first, ...rest])
        expect(line.replaceAll('\t', ' ')).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    }
  });

  it('are text of bounded length in the facts and the headline of the page', () => {
    for (const text of strings) {
      const shown = fields(naughty(text, 'failed'), connection);
      checkLine(shown.title, 'title');
      checkLine(shown.headline.text, 'headline');
      for (const fact of shown.facts) checkLine(fact, 'fact');
    }
  });

  it('become names of documents without a separator, and no scheme of their own', () => {
    for (const text of strings) {
      expect(safeFileName(text)).toMatch(/^[^/\\:*?"<>|]+$/);
      expect(safeFileName(text)).not.toMatch(/^\.|^(con|nul)$/i);
      const uri = jobUri('tuning-fork-events', naughty(text), 'events.log') as { scheme: string; path: string };
      expect(uri.scheme).toBe('tuning-fork-events');
      expect(uri.path.split('/')).toHaveLength(2);
    }
  });

  it('are no formula in a saved result', () => {
    for (const text of strings) {
      const { text: csv } = savedResult(`step,train_loss\n1,${text}\n2,-0.5\n`);
      for (const cell of csv.split('\n').flatMap((line) => line.split(','))) {
        expect(cell).not.toMatch(/^"?\s*(?:[=@]|[-+](?![\d.]))/);
      }
      expect(csv).toContain('2,-0.5');
    }
  });

  it('stay in their place in the diagnostics and in an interrupted start', () => {
    for (const text of strings) {
      const start = {
        intentId: 'i',
        connectionId: 'c',
        name: text,
        model: text,
        trainingPath: text,
        startedAt: 0,
        priceQuote: null,
        stage: 'uploaded' as const,
        files: [],
      };
      checkItem(startItem(start), 'start');
      const bundle = diagnosticsText({
        at: 0,
        versions: {},
        settings: {},
        connections: [connection],
        jobs: [naughty(text)],
        starts: [start],
        runs: [],
        kept: {},
        log: [text],
        home: '',
        secrets: [],
      });
      expect(() => JSON.parse(bundle) as unknown).not.toThrow();
      for (const line of bundle.split('\n')) expect(line).not.toMatch(HIDDEN);
    }
  });
});
