import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryWorkspace, useWindow } from '../support/e2e/fixture.ts';
import { fineTune } from '../support/e2e/mainJob.ts';
import { patience } from '../support/e2e/again.ts';
import { priceRows, toJsonl } from '../support/priceData.ts';

const good = toJsonl(priceRows(30, 100)).trimEnd().split('\n');
const other = toJsonl(priceRows(10, 900)).trimEnd().split('\n');
const broken = good.map((line, index) => (index === 0 ? line.replace('"}]', '",}]') : line)).join('\n');

const graded = (truth: string | null): object => ({
  messages: [{ role: 'user', content: 'Which one, A or B?' }],
  ...(truth === null ? {} : { truth }),
});
const withOtherSystem = (line: string): string => {
  const { messages } = JSON.parse(line) as { messages: unknown[] };
  return JSON.stringify({ messages: [{ role: 'system', content: 'Be brief.' }, ...messages.slice(1)] });
};

const withEstimate = (line: string): string =>
  line.replace('"role":"user","content":"', '$&Estimate the typical retail price of this product in US dollars. ');

describe('a dataset in the editor', () => {
  let workspace = '';
  const window = useWindow(async () => {
    workspace = await temporaryWorkspace({
      'prices.jsonl': broken,
      'twice.jsonl': [...good, ...good.slice(0, 5)].join('\n'),
      'table.csv': `id,text,category\n${Array.from({ length: 12 }, (_, n) => `${String(n)},"question, ${String(n)}",label`).join('\n')}\n`,
      'leaky.train.jsonl': good.join('\n'),
      'unclear.jsonl': [...good, good[0]?.replace(/"content":"[^"]*"}\]/, '"content":"Price is $1"}]')].join('\n'),
      'quiz.jsonl': ['A', 'B', null].map((truth) => JSON.stringify(graded(truth))).join('\n'),
      'scores.json': JSON.stringify({
        type: 'string_check',
        input: '{{item.truth}}',
        reference: '{{sample.output_text}}',
      }),
      'brief.validation.jsonl': other.map(withOtherSystem).join('\n'),
      'estimates.jsonl': good.map(withEstimate).join('\n'),
      'cost.test.jsonl': other.map((line) => line.replace('Price is $', 'Cost: $')).join('\n'),
      'brief.train.ndjson': good.join('\n'),
      'leaky.test.jsonl': [...other, ...good.slice(0, 3)].join('\n'),
    });
    return { workspace };
  });

  it('shows a squiggle, whose quick fix makes the file clean', async () => {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.select('prices.jsonl');
    await window().editors.show('prices.jsonl');
    const { text } = window().editors;
    await text.locator('.squiggly-error').first().waitFor({ timeout: patience });
    await text.getByText('1 problem', { exact: true }).waitFor({ timeout: patience });
    // The line is long: its problem is reached as one reaches it with the keyboard.
    await text.locator('.view-line').first().click();
    await window().quickInput.runCommand('Go to Next Problem (Error, Warning, Info)');
    await window().page.keyboard.press('Escape');
    await window().page.locator('[class*="codicon-gutter-lightbulb"]').first().click({ timeout: patience });
    const fix = window().page.locator('.action-widget .action-item, .action-widget .monaco-list-row');
    await fix.filter({ hasText: 'Remove the comma' }).first().click({ timeout: patience });
    await text.getByText('no problems', { exact: true }).waitFor({ timeout: patience });
    await text.locator('.squiggly-error').first().waitFor({ state: 'detached', timeout: patience });
    await window().quickInput.runCommand('File: Save');
    await expect
      .poll(() => readFile(path.join(workspace, 'prices.jsonl'), 'utf8'), { timeout: patience })
      .toBe(good.join('\n'));
  });

  it('finds a leaky pair and splits it cleanly', async () => {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.select('leaky.test.jsonl');
    await window().editors.show('leaky.test.jsonl');
    await window().quickInput.runCommand('Tuning Fork: Find Leakage Between Files…');
    await window().quickInput.step('Choose the file to compare leaky.test.jsonl with');
    await window().quickInput.pick(/^leaky\.train\.jsonl/);
    await window().notifications.shown('3 rows of leaky.test.jsonl are also in leaky.train.jsonl: 3 word for word.');
    await window().notifications.press('3 rows of leaky.test.jsonl', 'Make a Clean Split');
    await window().notifications.shown(/Created leaky\.train\.clean\.jsonl .* and leaky\.test\.clean\.jsonl/);
    expect((await readdir(workspace)).filter((name) => name.includes('clean')).sort()).toEqual([
      'leaky.test.clean.jsonl',
      'leaky.train.clean.jsonl',
    ]);
    const rows = async (name: string): Promise<string[]> =>
      (await readFile(path.join(workspace, name), 'utf8')).trimEnd().split('\n');
    const [train, test] = [await rows('leaky.train.clean.jsonl'), await rows('leaky.test.clean.jsonl')];
    expect([...train, ...test].sort()).toEqual([...good, ...other].sort());
    expect(test.length).toBeGreaterThan(5);
    expect(train.filter((line) => test.includes(line))).toEqual([]);
  });

  const rowsIn = async (name: string): Promise<string[]> =>
    (await readFile(path.join(workspace, name), 'utf8')).trimEnd().split('\n');
  const open = async (name: string): Promise<void> => {
    await window().sideBar.show('Explorer');
    await window().sideBar.explorer.shows(name);
    await window().sideBar.explorer.select(name);
    await window().editors.show(name);
  };

  it('splits a file into three', async () => {
    await open('leaky.train.jsonl');
    await window().quickInput.runCommand('Tuning Fork: Split Dataset…');
    await window().quickInput.pick('10% test');
    await window().quickInput.step('Seed: the same seed gives the same parts');
    await window().quickInput.accept();
    await window().notifications.shown('Created leaky.train.train.jsonl (24 rows)');
    const parts = await Promise.all(['train', 'validation', 'test'].map((part) => rowsIn(`leaky.train.${part}.jsonl`)));
    expect(parts.map((part) => part.length)).toEqual([24, 3, 3]);
    expect(parts.flat().sort()).toEqual([...good].sort());
  });

  it('shows duplicates with their counts before it leaves them out', async () => {
    await open('twice.jsonl');
    await window().quickInput.runCommand('Tuning Fork: Remove Duplicates…');
    await window().quickInput.step('Duplicates in twice.jsonl');
    await window().quickInput.pick('Leave out 5 rows that repeat an earlier one word for word');
    await window().notifications.shown('Created twice.unique.jsonl (30 rows). 5 rows were left out.');
    expect(await rowsIn('twice.unique.jsonl')).toEqual(good);
  });

  it('turns a table into a dataset by its columns', async () => {
    await open('table.csv');
    await window().quickInput.runCommand('Tuning Fork: Convert to Chat JSONL…');
    await window().quickInput.step('Choose the column with the questions (user)');
    await window().quickInput.pick('text');
    await window().quickInput.step('Choose the column with the answers (assistant)');
    await window().quickInput.pick('category');
    await window().notifications.shown('Created table.chat.jsonl (12 examples).');
    expect(await rowsIn('table.chat.jsonl')).toHaveLength(12);
    await window().notifications.press('Created table.chat.jsonl', 'Open table.chat.jsonl');
    await window().editors.show('table.chat.jsonl');
    await window().editors.text.getByText('12 examples', { exact: true }).waitFor({ timeout: patience });
  });

  it('finds prompts with several answers and shows their rows', async () => {
    await open('unclear.jsonl');
    await window().quickInput.runCommand('Tuning Fork: Find Contradictory Examples');
    await window().notifications.press('1 prompt in unclear.jsonl has different answers, on 2 rows.', 'Show Problems');
    const problems = window().page.locator('.markers-panel');
    await problems.getByText('contradiction').first().waitFor({ timeout: patience });
  });

  it('lists its rows after the beginning that all share', async () => {
    await open('estimates.jsonl');
    await window().quickInput.runCommand('Go to Symbol in Editor...');
    const { quickInput } = window();
    await expect.poll(async () => (await quickInput.texts()).length, { timeout: patience }).toBeGreaterThan(5);
    const titles = await quickInput.texts();
    expect(titles.join('\n')).not.toContain('Estimate the typical');
    expect(new Set(titles).size).toBe(titles.length);
    await quickInput.dismiss();
  });

  it('names the row that lacks what a chosen grader reads', async () => {
    await open('quiz.jsonl');
    await window().quickInput.runCommand('Tuning Fork: Check Dataset Against Grader…');
    await window().quickInput.step('The JSON file of the grader');
    await window().quickInput.pick('scores.json');
    await window().notifications.shown('1 row of quiz.jsonl lacks a field that scores.json reads (truth).');
    await window().editors.text.locator('.squiggly-error').first().waitFor({ timeout: patience });
  });

  it('asks before a start when the validation file is written otherwise than the training file', async () => {
    await fineTune(window(), {
      file: 'brief.train.ndjson',
      atSummary: async () => {
        const summary = (await window().quickInput.texts()).join('\n');
        expect(summary).toMatch(/Validation\s*brief\.validation\.jsonl, \d+ examples · no row also in training/);
        expect(summary).toContain('The system message differs from the one of the training file.');
      },
      atWarnings: async () => {
        expect((await window().quickInput.texts()).join('\n')).toContain(
          'Validation: The system message differs from the one of the training file.',
        );
      },
    });
    await window().notifications.shown('brief was fine-tuned', 120_000);
  });

  it('says when replies would begin otherwise than the answers in training, with both beginnings', async () => {
    const { quickInput } = window();
    await window().sideBar.show('Tuning Fork');
    await window()
      .sideBar.view('Jobs')
      .choose(/^\s*brief/, 'Evaluate Model…');
    await quickInput.step('Choose the file with the questions');
    await quickInput.pick('cost.test.jsonl');
    const told = 'The answer prefix is "Cost: $", but the training answers begin with "Price is $".';
    await quickInput.step('Start, or choose a line to change it');
    // The title of a step is there a moment before its rows.
    await expect.poll(async () => (await quickInput.texts()).join('\n')).toMatch(/Answer prefix\s*“Price is \$”/);
    expect((await quickInput.texts()).join('\n')).toContain(told);
    await quickInput.pick('Answer prefix');
    await quickInput.step(told);
    await expect
      .poll(async () => (await quickInput.texts())[0])
      .toMatch(/^\s*Begin with “Price is \$”, as in training\s*proposed/);
    await quickInput.accept();
    await quickInput.step('Start, or choose a line to change it');
    await quickInput.dismiss();
  });
});
