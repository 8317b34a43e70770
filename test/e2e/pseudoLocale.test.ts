// The main job in a language that nobody speaks: what was never looked up is seen without its brackets, what is too long is cut off.
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { packagePseudoLocale } from '../../scripts/lib/packageExtension.ts';
import { testResults } from '../../scripts/lib/paths.ts';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { patience } from '../support/e2e/again.ts';
import { untranslatedIn, untranslatedInPanel, type Surface } from '../support/e2e/untranslated.ts';

/** Examples whose every word is one of the tests' own. */
function rows(count: number, first: number): string {
  const lines = Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const messages = [
      { role: 'user', content: `zqthing zq${number % 7} ${number}` },
      { role: 'assistant', content: `zqprice ${(number % 7) * 20 + (number % 3)}` },
    ];
    return JSON.stringify({ messages });
  });
  return lines.join('\n');
}

// Words of VS Code beside ours.
const VSCODE_QUICK_INPUT = [/\(Press 'Enter' [^)]*\)/g, /\bOK\b/g, /\b\d+ (?:Results|Selected)\b/g];
const VSCODE_WALKTHROUGH = [/\bMark Done\b/g];
const VSCODE_VIEW = [/\bWelcome\b/g, /\bActions for\b/g, /, has actions$/g];
const VSCODE_PROBLEMS = [/\[Ln \d+, Col \d+\]/g];

// Words of the provider and of datasets, and names.
const EVENTS = '.events tbody';
const LAST_EVENT = /The job has successfully completed/g;
/** The last part of a fine-tuned model's name, and its organization. */
const NAME_PARTS = [/(?<=\bID\b[ ~⟧:]*)\w{8}(?=[ ~⟧]*$)/g, /\blocal(?=[ ~⟧]*$)/g];
const ROLES = /\b(?:system|developer|user|assistant|tool|usr)\b/g;
const RULES = /\b(?:no-assistant|content-missing|unknown-role|json-syntax)\b|\bTuning Fork\b/g;

/** Either form of a text of the sources, for steps that only lead on. What is asserted is in `found`. */
function either(english: string): RegExp {
  const vowels: Readonly<Record<string, string>> = { a: 'á', e: 'é', i: 'í', o: 'ó', u: 'ú', A: 'Á', E: 'É', O: 'Ó' };
  return new RegExp(english.replace(/[aeiouAEO]/g, (vowel) => `[${vowel}${vowels[vowel] ?? ''}]`));
}

describe('the main job in the pseudo-locale', () => {
  const window = useWindow(async () => {
    await packagePseudoLocale();
    return {
      workspace: await temporaryWorkspace({
        'zqshop.train.jsonl': rows(120, 1000),
        'zqshop.val.jsonl': rows(40, 5000),
        'zqshop.test.jsonl': rows(30, 8000),
        'zqbad.train.jsonl': [...rows(12, 100).split('\n'), '{"messages": [{"role": "usr"}]}', '{', ''].join('\n'),
      }),
      pseudo: true,
    };
  });
  const view = (name: string) => window().sideBar.view(window().said(name));
  const picture = (name: string) => window().screenshot(path.join(testResults, 'pseudo', `${name}.png`));

  const found: string[] = [];
  const check = async (surface: Surface, root: Locator): Promise<void> => {
    await root.first().waitFor({ timeout: patience });
    found.push(...(await untranslatedIn(surface, root)));
  };
  const checkView = async (name: string): Promise<void> => {
    const { pane } = view(name);
    const own = { name, known: [...VSCODE_VIEW, LAST_EVENT, ...NAME_PARTS] };
    await check(own, pane.locator('.pane-header .title, .welcome-view-content, .monaco-list-row'));
  };
  const checkPanel = async (surface: Surface, title: string | RegExp): Promise<void> => {
    found.push(...(await untranslatedInPanel(surface, await window().editors.webview(title))));
    await picture(surface.name);
  };
  /** Takes the proposal of every question of a wizard and checks the texts of each, until `last` is there. */
  const acceptAll = async (surface: string, last: Locator): Promise<void> => {
    const { box } = window().quickInput;
    const now = () =>
      box.evaluateAll((boxes) =>
        boxes
          .map(
            (each) => each.textContent + (each.querySelector('input[placeholder]')?.getAttribute('placeholder') ?? ''),
          )
          .join(),
      );
    let before = '';
    for (let step = 1; ; step++) {
      const isNext = async (): Promise<boolean> => !['', before].includes(await now()) || (await last.isVisible());
      await expect.poll(isNext, { timeout: patience }).toBe(true);
      if (await last.isVisible()) return;
      before = await now();
      await check({ name: `${surface}, step ${step}`, known: VSCODE_QUICK_INPUT, names: false }, box);
      await picture(`${surface}-${step}`);
      await window().quickInput.accept();
    }
  };

  // Every test reports its own texts, whatever else failed in it.
  afterEach(() => {
    const texts = found.splice(0);
    expect(texts).toEqual([]);
  });

  it('greets in empty views and the walkthrough', async () => {
    await window().sideBar.show(window().said('Tuning Fork'));
    await checkView('Jobs');
    await checkView('Evaluations');
    await view('Models').pane.locator('.pane-header').click();
    await checkView('Models');
    await picture('views');
    await window().quickInput.runCommand('Tuning Fork: Get Started');
    const steps = window().page.locator('.gettingStartedSlideDetails');
    await steps.getByText(window().said('Watch it train')).first().waitFor({ timeout: patience });
    await check({ name: 'walkthrough', known: VSCODE_WALKTHROUGH, names: false }, steps);
    await picture('walkthrough');
    await view('Models').pane.locator('.pane-header').click();
  });

  it('asks before a job starts', async () => {
    const { explorer } = window().sideBar;
    await window().sideBar.show('Explorer');
    await explorer.shows('zqshop.train.jsonl');
    await explorer.choose('zqshop.train.jsonl', window().said('Fine-Tune with Dataset…'));
    await acceptAll('fine-tuning', view('Jobs').row('zqshop'));
  });

  it('tells that the job has ended', async () => {
    const { notifications } = window();
    const ended = notifications.with(either('fine-tuned'));
    await ended.waitFor({ timeout: 2 * patience });
    await check(
      { name: 'notification', names: false },
      ended.locator('.notification-list-item-message, .monaco-button'),
    );
    await picture('notification');
    await ended.getByRole('button', { name: either('Open Charts') }).click();
  });

  it('draws the charts, and names everything in the tree', async () => {
    const panel = await window().editors.webview('zqshop');
    await panel.locator('[data-points]:not([data-points="0"])').first().waitFor({ timeout: patience });
    await checkPanel({ name: 'charts', skip: EVENTS }, 'zqshop');
    await view('Jobs').expand('zqshop');
    await view('Jobs').expand(either('Fine-tuned model'));
    await view('Jobs').expand(either('Files'));
    await checkView('Jobs');
    await picture('jobs');
  });

  it('asks before an evaluation starts, and shows its rows', async () => {
    await view('Jobs').choose(/^\s*zqshop/, window().said('Evaluate Model…'));
    await acceptAll('evaluation', window().editors.tab('zqshop.test.jsonl'));
    const panel = await window().editors.webview('zqshop.test.jsonl');
    await panel.locator('.badge', { hasText: either('finished') }).waitFor({ timeout: 2 * patience });
    await checkPanel({ name: 'evaluation' }, 'zqshop.test.jsonl');
    await checkView('Evaluations');
    await view('Models').pane.locator('.pane-header').click();
    await view('Models').expand('Local');
    await view('Models').shows('zqshop');
    await checkView('Models');
    await picture('models');
  });

  it('tries the model on one line', async () => {
    await view('Jobs').choose(/^\s*zqshop/, window().said('Try Model…'));
    await window().editors.webview(/Try/);
    await checkPanel({ name: 'try' }, /Try/);
  });

  it('reports on the dataset', async () => {
    await window().sideBar.show('Explorer');
    const [report, dataset] = [window().said('Show Dataset Report'), window().said('Dataset')];
    await window().sideBar.explorer.choose('zqshop.train.jsonl', report, dataset);
    const title = new RegExp(`${either('Report').source}.*zqshop`);
    const panel = await window().editors.webview(title);
    await panel.locator('[data-bars]').first().waitFor({ timeout: patience });
    await checkPanel({ name: 'report', known: [ROLES] }, title);
  });

  it('names the problems of a dataset', async () => {
    await window().sideBar.explorer.select('zqbad.train.jsonl');
    await window().editors.show('zqbad.train.jsonl');
    await window().quickInput.runCommand('Problems: Focus on Problems View');
    const rows = window().page.locator('.markers-panel .monaco-list-row');
    await rows.nth(1).waitFor({ timeout: patience });
    await check({ name: 'problems', known: [...VSCODE_PROBLEMS, RULES, ROLES], names: false }, rows);
    await check({ name: 'lenses' }, window().editors.text.locator('.codelens-decoration'));
    await picture('problems');
  });
});
