// An evaluation file run in the window, from its text to the last answer; the user is a script.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { judgeRun } from '../../../../src/core/evaluation/comparison/runJudgment.ts';
import { sentenceOf } from '../../../../src/core/evaluation/comparison/statements.ts';
import type { EvaluationRun } from '../../../../src/evals/runner.ts';
import { COMMANDS, SETTINGS } from '../../../../src/extension/contributions.ts';
import { runEvaluationFile } from '../../../../src/extension/evaluation/files/runEvaluationFile.ts';
import { Cancelled, ProblemError } from '../../../../src/extension/ui/errors.ts';
import { chatRows, questions, startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { CLOSED, uiDouble, type Line, type UiDouble } from '../../../support/uiDouble.ts';
import { editor, fileUri } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const TUNED = 'ft:gpt-4o-mini-2024-07-18:lab:pricer:1';
const BASE = 'gpt-4o-mini-2024-07-18';
const ITEMS = 12;

let ui: UiDouble;
let extension: ExtensionDouble;

beforeEach(async () => {
  editor.reset();
  ui = uiDouble();
  extension = await startExtension(ui);
  extension.server.reply = () => '$1';
  await extension.write('prices.test.jsonl', chatRows(questions(ITEMS)));
  await extension.write('prices.train.jsonl', chatRows(questions(30, 'gadget')));
});
afterEach(async () => {
  await extension.close();
});

const SPEC = {
  testFile: 'prices.test.jsonl',
  trainingFile: 'prices.train.jsonl',
  primary: 'mae',
  answerPrefix: 'Price is $',
  contestants: [
    { label: 'tuned', model: TUNED, connection: 'lab' },
    { label: 'mini', model: BASE, connection: 'Lab' },
    { label: 'floor', constant: true },
  ],
  grader: { type: 'number' },
};

/** Writes the evaluation file, one value a line, and runs it. */
async function run(changes: object = {}): Promise<void> {
  const file = await extension.write('prices.eval.json', JSON.stringify({ ...SPEC, ...changes }, null, 2));
  return runEvaluationFile(extension.services, fileUri(file));
}
const problemOf = async (changes: object): Promise<ProblemError> => {
  const error: unknown = await run(changes).catch((thrown: unknown) => thrown);
  if (!(error instanceof ProblemError)) throw new Error('It was not refused with a problem.', { cause: error });
  return error;
};
const asked = (): readonly string[] => extension.server.ledger.chats.map(({ model }) => model);
type Question = Extract<Line, { readonly modal: unknown }>;
const start = (requests: number): Question => ({
  modal: `Send ${String(requests)} requests to Lab?`,
  detail: /^At most about /,
  answer: /^Start for at Most /,
});
async function onlyRun(): Promise<EvaluationRun> {
  const [head, ...others] = extension.services.runs.list();
  expect(others).toEqual([]);
  const opened = await extension.services.runs.open(head?.config.id ?? '');
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

describe('an evaluation file in the window', () => {
  it('is priced, asked about and run as it says, with the free floors, and opens its panel', async () => {
    ui.expect(start(2 * ITEMS));
    const pass = { mae: { max: 80 }, vsBaseline: 'not worse' };
    await run({ matters: 0.2, pass, sampling: { temperature: 0.5, maxTokens: 20, seed: 7 } });
    expect([...asked()].sort()).toEqual(
      [...Array<string>(ITEMS).fill(TUNED), ...Array<string>(ITEMS).fill(BASE)].sort(),
    );
    const { config, status } = await onlyRun();
    expect(status).toBe('finished');
    expect(config).toMatchObject({
      name: 'prices.eval.json',
      testFile: { items: ITEMS },
      grader: 'number',
      sampling: { temperature: 0.5, maxTokens: 20, seed: 7 },
      answerPrefix: 'Price is $',
      primary: 'mae',
      matters: 0.2,
      pass: { metrics: { mae: { max: 80 } }, vsBaseline: 'not worse' },
      baseline: 'c2',
      trainedOn: { same: 0, near: 0 },
      contestants: [
        { id: 'c1', kind: 'fine-tuned', label: 'tuned', connectionId: extension.lab.id },
        { id: 'c2', kind: 'base', label: 'mini' },
        { id: 'c3', label: 'floor', listed: true, constantSource: 'median of 30 training answers' },
        { id: 'nearest' },
        { id: 'bagOfWords' },
      ],
    });
    expect(extension.opened).toEqual([`run ${config.id}`]);
  });

  it('counts n replies to a row n-fold before', async () => {
    ui.expect({ ...start(2 * ITEMS * 3), answer: "Don't Start" });
    await expect(run({ sampling: { samples: 3, temperature: 1 } })).rejects.toBeInstanceOf(Cancelled);
    expect([asked(), extension.services.runs.list()]).toEqual([[], []]);
  });

  it('obeys the cap on a price', async () => {
    editor.settings.set(SETTINGS.costCap, 0);
    expect((await problemOf({})).problem.code).toBe('above-price-cap');
    expect(extension.services.runs.list()).toEqual([]);
  });

  it('is refused in a workspace that is not trusted, before anything is read', async () => {
    editor.trusted = false;
    expect((await problemOf({ primary: 'nonsense' })).problem.code).toBe('restricted-workspace');
  });

  it('takes an address only when a connection was saved for it, and no key goes anywhere else', async () => {
    const own = { label: 'tuned', model: TUNED, baseUrl: extension.lab.baseUrl };
    ui.expect(start(ITEMS));
    await run({ contestants: [own] });
    expect((await onlyRun()).config.contestants[0]?.connectionId).toBe(extension.lab.id);
    const before = extension.server.requests.length;
    const refused = await problemOf({ contestants: [{ ...own, baseUrl: 'https://collector.example/v1' }] });
    expect(refused.problem.message).toBe(
      'prices.eval.json, line 10: No saved connection has the address https://collector.example/v1.',
    );
    expect(refused.remedies[0]).toMatchObject({ title: 'Add Connection…', command: COMMANDS.addConnection });
    expect(extension.server.requests).toHaveLength(before);
  });

  it.each<readonly [string, object, string, string]>([
    [
      'an unknown connection',
      { contestants: [{ label: 'a', model: 'm', connection: 'Nowhere' }] },
      'prices.eval.json, line 10: There is no connection Nowhere; the connections are Local and Lab.',
      'connection-unknown',
    ],
    [
      'a test file that is not there',
      { testFile: 'gone.jsonl' },
      'prices.eval.json, line 2: The file gone.jsonl does not exist.',
      'file-not-found',
    ],
    [
      'a training file that is not there',
      { trainingFile: 'gone.jsonl' },
      'prices.eval.json, line 3: The file gone.jsonl does not exist.',
      'file-not-found',
    ],
    [
      'a baseline that is no contestant',
      { baseline: 'base' },
      'baseline in prices.eval.json, line 25: one of tuned, mini, and floor is expected.',
      'eval-file-invalid',
    ],
    [
      'a metric that the grader has not',
      { primary: 'accuracy' },
      'primary in prices.eval.json, line 4: one of mae, medianError, rmsle, and hits is expected.',
      'eval-file-invalid',
    ],
  ])('names the file, the line and the reason of %s', async (_what, changes, message, code) => {
    const { problem, remedies } = await problemOf(changes);
    expect([problem.message, problem.code]).toEqual([message, code]);
    expect(remedies.at(-1)?.title).toBe('Go to Line');
    expect(extension.server.requests).toEqual([]);
  });

  it('names the overlap with the training file before the start', async () => {
    await extension.write('prices.train.jsonl', chatRows(questions(ITEMS)));
    ui.expect({ ...start(2 * ITEMS), detail: /12 of 12 items are in the model's training file\./, answer: CLOSED });
    await expect(run()).rejects.toBeInstanceOf(Cancelled);
  });

  it('keeps the deadline of the settings for its rows', async () => {
    editor.settings.set(SETTINGS.rowDeadline, 30);
    ui.expect(start(2 * ITEMS));
    await run();
    expect((await onlyRun()).config.deadlineMs).toBe(30_000);
  });

  it('without any free floor that can be made names the one that it asks for', async () => {
    const { trainingFile, ...withoutTraining } = SPEC;
    const file = await extension.write(
      'floor.eval.json',
      JSON.stringify({ ...withoutTraining, contestants: [...SPEC.contestants, { label: 'near', nearest: true }] }),
    );
    await expect(runEvaluationFile(extension.services, fileUri(file))).rejects.toMatchObject({
      problem: { code: 'floor-impossible', message: 'near needs the training file.' },
    });
    expect(trainingFile).toBe('prices.train.jsonl');
  });
});

describe('an interrupted run of a file', () => {
  const CANCELED_AFTER = 9;

  /** Runs until so many answers have come. */
  async function interrupt(): Promise<readonly string[]> {
    ui.expect(start(2 * ITEMS));
    let answers = 0;
    extension.server.reply = () => {
      answers += 1;
      const [head] = extension.services.runs.list();
      if (answers === CANCELED_AFTER) extension.services.runs.get(head?.config.id ?? '')?.cancel();
      return '$1';
    };
    await run();
    extension.server.reply = () => '$1';
    expect((await onlyRun()).status).toBe('cancelled');
    return asked();
  }

  it('goes on when the user wants it: what was answered is not asked again', async () => {
    const before = (await interrupt()).length;
    const { answered, config } = await onlyRun();
    const floors = 3 * ITEMS;
    ui.expect(
      {
        modal: 'Resume the interrupted run of prices.eval.json?',
        detail: `It has ${String(answered)} of ${String(5 * ITEMS)} rows, which are not requested, or paid for, again.`,
        answer: 'Resume',
      },
      {
        modal: `Send ${String(2 * ITEMS - (answered - floors))} more requests to Lab?`,
        detail: /^At most about /,
        answer: /^Resume for at Most /,
      },
    );
    await run();
    const resumed = await onlyRun();
    expect([resumed.status, resumed.config.id]).toEqual(['finished', config.id]);
    expect(asked().length - before).toBe(2 * ITEMS - (answered - floors));
  });

  it('stays as it is when the user begins a new one, or closes the question', async () => {
    await interrupt();
    const before = asked().length;
    const question: Question = { modal: 'Resume the interrupted run of prices.eval.json?', answer: CLOSED };
    ui.expect(question);
    await expect(run()).rejects.toBeInstanceOf(Cancelled);
    expect(asked()).toHaveLength(before);
    ui.expect({ ...question, answer: 'Start a New Run' }, start(2 * ITEMS));
    await run();
    expect(extension.services.runs.list().map(({ status }) => status)).toEqual(['finished', 'cancelled']);
  });

  it('is not offered to a file that asks something else', async () => {
    await interrupt();
    ui.expect({ ...start(2 * ITEMS), answer: CLOSED });
    await expect(run({ sampling: { maxTokens: 99 } })).rejects.toBeInstanceOf(Cancelled);
    // Whether it may stop early is part of the plan, which no run can change midway.
    ui.expect({ ...start(2 * ITEMS), answer: CLOSED });
    await expect(run({ stopEarly: true })).rejects.toBeInstanceOf(Cancelled);
  });
});

describe('a file that stops early', () => {
  const MANY = 100;

  it('ends once the answer is in, and says so', async () => {
    await extension.write('prices.test.jsonl', chatRows(questions(MANY)));
    extension.server.reply = ({ model, messages }) => {
      const item = Number(/number (\d+)/.exec(JSON.stringify(messages))?.[1]);
      // Errors of one size each, with a little noise: decided at the first look that may decide.
      return String(item + 1 + (model === TUNED ? 1 + (item % 3) : 40 + (item % 7)));
    };
    ui.expect(start(2 * MANY));
    await run({ stopEarly: true });
    const stopped = await onlyRun();
    expect(stopped.status).toBe('stopped-early');
    expect(stopped.config).toMatchObject({ stopEarly: true, order: { seed: 42 } });
    expect(asked().length).toBeLessThan(2 * MANY * 0.5);
    expect(stopped.looks('c1').at(-1)?.verdict).toBe('different');
    const { config, items, rows } = stopped;
    const { statements } = judgeRun(config, items, rows, { looks: new Map([['c1', stopped.looks('c1')]]) });
    expect(sentenceOf(statements)).toMatch(
      /tuned is better than mini: mean error .* The answer was in after \d+ of 100 rows, as planned; the interval is the one after stopping\./,
    );
    // The journal says it, too, for every window that opens the run later.
    const journal = path.join(extension.folder, 'evaluations', `${stopped.config.id}.jsonl`);
    expect(await readFile(journal, 'utf8')).toContain('"stopped-early"');
  });
});
