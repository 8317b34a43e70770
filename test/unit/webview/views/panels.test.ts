// What holds for every panel: the strict content policy, accessibility in the four default themes, hostile text, reloads.
import { NO_TABLE } from '../../../../src/core/training/curves/pointTable.ts';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PanelState, ToPanel } from '../../../../src/protocol/panelMessages.ts';
import { HIDDEN_CHARACTER, PAYLOADS } from '../../../support/webviewHarness/payloads.ts';
import { CASES } from '../../../support/webviewHarness/cases.ts';
import { evaluationState, jobState, matchState, tryResult, tryState } from '../../../support/webviewHarness/states.ts';
import { compared, poorReport, reportState } from '../../../support/webviewHarness/reportStates.ts';
import { THEMES, themes } from '../../../support/webviewHarness/themes.ts';
import { usePanels } from '../../../support/webviewHarness/usePanels.ts';

const open = usePanels();
let axe: string;

beforeAll(async () => {
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
});

describe.each(CASES)('$name', ({ state, act }) => {
  it('has no accessibility violation in any default theme and breaks no content policy', async () => {
    const panel = await open(state);
    await act?.(panel, { say: (text) => text, data: (value) => value });
    await panel.page.evaluate(axe);
    for (const theme of THEMES) {
      await panel.setTheme(theme);
      const results = await panel.page.evaluate((options) => {
        const { axe: runner } = globalThis as unknown as {
          axe: { run: (node: Document, options: RunOptions) => Promise<AxeResults> };
        };
        return runner.run(document, options);
      }, {} as RunOptions);
      const found = results.violations.map(
        ({ id, nodes }) => `${theme} ${id}: ${nodes.map((node) => node.html).join(' | ')}`,
      );
      expect(found).toEqual([]);
    }
    expect(await panel.violations()).toEqual([]);
    expect(panel.complaints).toEqual([]);
  });
});

describe('a secondary button', () => {
  it('has the border that the theme has for it, not that of a primary one', async () => {
    const panel = await open(jobState());
    const colors = (): Promise<readonly string[]> =>
      panel.page.evaluate(() =>
        ['primary', 'secondary'].map((appearance) => {
          const button = document.querySelector(`vscode-button[appearance="${appearance}"]:not([hidden])`);
          const control = button?.shadowRoot?.querySelector('.control');
          return control ? getComputedStyle(control).borderTopColor : 'no button';
        }),
      );
    // A theme of before 2026 has one border for both.
    expect(new Set(await colors()).size).toBe(1);
    const { variables, ...light } = themes.light;
    const light2026 = { ...variables, 'button-border': '#0069cc', 'button-secondaryBorder': '#d8d8d8' };
    await panel.page.evaluate(
      (theme) => {
        (window as unknown as { harness: { setTheme: (theme: object) => void } }).harness.setTheme(theme);
      },
      { ...light, variables: light2026 },
    );
    await expect.poll(async () => (await colors())[0]).toBe('rgb(0, 105, 204)');
    expect(await colors()).toEqual(['rgb(0, 105, 204)', 'rgb(216, 216, 216)']);
  });
});

describe('hostile text', () => {
  const many = PAYLOADS.join(' ');
  const at = (index: number): string => PAYLOADS[index % PAYLOADS.length] ?? '';
  const job = jobState({
    title: at(0),
    connectionName: at(2),
    model: at(3),
    status: at(6),
    fineTunedModel: at(4),
    facts: PAYLOADS,
    headline: { tone: 'bad', text: many },
    checkpoints: [{ step: 500, label: at(22) }],
    events: PAYLOADS.map((message, index) => ({ id: String(index), createdAt: index, level: message, message })),
  });
  const plainRun = evaluationState(PAYLOADS.length);
  const run = {
    ...plainRun,
    headline: { tone: 'bad' as const, text: many },
    notice: many,
    run: {
      ...plainRun.run,
      name: at(1),
      answerPrefix: at(9),
      contestants: plainRun.run.contestants.map((contestant, index) => ({
        ...contestant,
        label: at(index),
        constant: at(index + 5),
        constantSource: at(index + 7),
      })),
    },
    items: plainRun.items.map((item) => ({ ...item, title: at(item.index) })),
    rows: plainRun.rows.map((result) => ({
      ...result,
      status: 'error' as const,
      sample: at(result.item),
      message: at(result.item),
      guess: null,
      colour: null,
      error: null,
    })),
  };
  const plainMatch = matchState(PAYLOADS.length);
  const match = {
    ...plainMatch,
    rows: plainMatch.rows.map((result) => ({
      ...result,
      truth: at(result.item),
      guess: at(result.item + 1),
      colour: 'red' as const,
    })),
  };
  const question = tryState({
    model: at(0),
    connectionName: at(1),
    dataset: {
      name: at(2),
      rows: PAYLOADS.map((title, line) => ({ line, title, truth: title })),
      total: PAYLOADS.length,
      prefix: at(3),
      chosen: null,
    },
    problem: { message: many, action: many },
    result: {
      ...tryResult,
      sent: PAYLOADS.map((content) => ({ role: 'user', content })),
      reply: many,
      truth: many,
      truthNumber: null,
      finishReason: at(4),
    },
  });
  const plainReport = reportState(poorReport(50), { name: at(0), folder: at(1) }, compared());
  const report = {
    ...plainReport,
    notice: many,
    problem: { message: many, action: many },
    suspicious: {
      state: 'found' as const,
      text: many,
      rows: PAYLOADS.map((text) => ({
        figure: { id: text, count: 1, line: 1 },
        question: text,
        answer: text,
        expected: text,
        score: 1,
        called: true,
        reason: text,
        similar: [{ figure: { id: text, count: 1, line: 2 }, answer: text }],
      })),
    },
    view: plainReport.view && {
      ...plainReport.view,
      headline: { tone: 'bad' as const, text: many },
      facts: PAYLOADS.map((text, index) => ({ text, figure: index % 2 === 0 ? null : text })),
      problems: PAYLOADS.map((text) => ({
        code: text,
        title: text,
        severity: 'error' as const,
        ofFile: false,
        figure: null,
        message: text,
      })),
      comparisons: [
        ...plainReport.view.comparisons.map((comparison) => ({
          ...comparison,
          with: at(3),
          held: at(4),
          training: at(5),
          format: PAYLOADS,
        })),
        ...PAYLOADS.map((text) => ({
          with: text,
          state: 'failed' as const,
          held: text,
          training: text,
          heldRows: 0,
          rows: [],
          format: [],
          note: text,
        })),
      ],
      notCompared: many,
      frequentAnswers: PAYLOADS.map((text) => ({ text, share: 0.5, figure: { id: text, count: 2, line: null } })),
      roles: PAYLOADS.map((role) => ({ role, messages: 1, tokens: 1, figure: { id: role, count: 1, line: 1 } })),
      cost: plainReport.view.cost && {
        ...plainReport.view.cost,
        sentence: many,
        rows: plainReport.view.cost.rows.map((row, index) => ({ ...row, model: at(index), note: at(index + 9) })),
        notes: PAYLOADS,
      },
    },
  };
  const hostileRow: ToPanel = {
    type: 'row',
    item: 1,
    messages: PAYLOADS.map((content) => ({ role: 'user', content })),
    truth: many,
    samples: plainRun.run.contestants.map(({ id }, index) => ({
      contestant: id,
      sample: many,
      message: index === 1 ? many : null,
    })),
  };

  it.each<[string, PanelState, ToPanel | null]>([
    ['job', job, null],
    ['number run', run, hostileRow],
    ['exact-match run', match, hostileRow],
    ['question', question, null],
    ['report', report, null],
  ])('stays text in a %s', async (_, state, then) => {
    const panel = await open(state);
    if (then) {
      await panel.page.locator('.rows tbody tr[aria-rowindex="3"]').click();
      await panel.send(then);
      await panel.page.getByRole('heading', { name: 'Prompt' }).waitFor();
    }
    const seen = await panel.page.evaluate(() => {
      const root = document.getElementById('root');
      const elements = [...(root?.querySelectorAll('*') ?? [])];
      return {
        // Samples of lines in legends are the product's own.
        tags: [
          ...new Set(elements.filter((element) => !element.matches('.line-mark')).map((element) => element.localName)),
        ],
        handlers: elements.flatMap((element) => element.getAttributeNames().filter((name) => name.startsWith('on'))),
        addresses: elements.flatMap((element) =>
          ['src', 'href', 'srcdoc', 'action'].filter((name) => element.hasAttribute(name)),
        ),
        attributes: elements
          .flatMap((element) => element.getAttributeNames().map((name) => element.getAttribute(name) ?? ''))
          .join('\n'),
        text: root?.textContent ?? '',
        hacked: 'hacked' in globalThis,
        title: document.title,
      };
    });
    const forbidden = [
      'script',
      'img',
      'svg',
      'iframe',
      'a',
      'link',
      'style',
      'base',
      'meta',
      'form',
      'b',
      'template',
      'math',
    ];
    expect(seen.tags.filter((tag) => forbidden.includes(tag))).toEqual([]);
    expect(seen.handlers).toEqual([]);
    expect(seen.addresses).toEqual([]);
    expect(seen.hacked).toBe(false);
    expect(seen.text).toContain('<script>window.hacked = 1</script>');
    expect(seen.text).toContain('\\u202e');
    expect(seen.text).not.toMatch(HIDDEN_CHARACTER);
    expect(seen.attributes).not.toMatch(HIDDEN_CHARACTER);
    expect(await panel.violations()).toEqual([]);
  });

  it('as a message is dropped', async () => {
    const panel = await open(jobState());
    await panel.page.evaluate(() => {
      for (const message of [
        null,
        1,
        'x',
        { type: 'state' },
        { type: 'state', state: { panel: 'job', title: {} } },
        { type: '__proto__' },
      ]) {
        window.postMessage(message, '*');
      }
    });
    await panel.send({ type: 'jobPatch', patch: { fields: { title: 'still here' }, curve: NO_TABLE, events: [] } });
    expect(await panel.page.getByRole('heading', { level: 1 }).textContent()).toBe('still here');
    expect(panel.complaints).toEqual([]);
  });
});
