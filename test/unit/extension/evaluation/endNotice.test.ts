import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunConfig, TestItem } from '../../../../src/core/evaluation/types.ts';
import { ProviderFailure } from '../../../../src/core/provider/failure.ts';
import type { EvaluationRun } from '../../../../src/evals/runner.ts';
import type { Ask } from '../../../../src/evals/scheduler.ts';
import { tellRunEnded } from '../../../../src/extension/evaluation/endNotice.ts';
import { startExtension, type ExtensionDouble } from '../../../support/extensionDouble.ts';
import { CLOSED, uiDouble, type UiDouble } from '../../../support/uiDouble.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const ITEMS = 20;
const SHA = 'a'.repeat(64);
const items: readonly TestItem[] = Array.from({ length: ITEMS }, (_, index) => ({
  index,
  line: index + 1,
  title: `Item ${String(index)}`,
  messages: [{ role: 'user', content: `How much is ${String(index)}?` }],
  truth: String(100 + index),
}));
const config: RunConfig = {
  v: 1,
  id: 'run-1',
  createdAt: 1_700_000_000_000,
  name: 'prices.test.jsonl',
  testFile: { path: '/data/prices.test.jsonl', sha256: SHA, items: ITEMS },
  contestants: [
    { id: 'tuned', kind: 'fine-tuned', label: 'pricer', connectionId: 'here', model: 'ft:x' },
    { id: 'base', kind: 'base', label: 'mini', connectionId: 'here', model: 'x' },
  ],
  grader: 'number',
  sampling: { temperature: 0, maxTokens: 7, seed: 42 },
  answerPrefix: null,
  concurrency: 2,
};

/** The tuned model is nearer by 20 to 39, the base model off by 50. */
const answer: Ask = ({ id }, { index }) =>
  Promise.resolve({ text: String(id === 'tuned' ? 110 + index : 150 + index * 2), finishReason: 'stop' });

let extension: ExtensionDouble;
let ui: UiDouble;

beforeEach(async () => {
  editor.reset();
  ui = uiDouble();
  extension = await startExtension(ui);
});
afterEach(async () => {
  await extension.close();
});

async function ended(ask: Ask, change: Partial<RunConfig> = {}): Promise<EvaluationRun> {
  const run = await extension.services.runs.create({ ...config, ...change }, items);
  await run.start(SHA, { ask });
  return run;
}

describe('a run that ends out of sight', () => {
  it('is told once, with its sentence', async () => {
    extension.hidePanels();
    const run = await ended(answer);
    ui.expect({
      notify:
        /^pricer against mini on prices\.test\.jsonl is evaluated\. pricer is better than mini: mean error −49\.50 \[/,
      kind: 'information',
      actions: ['Open Evaluation'],
      answer: 'Open Evaluation',
    });
    await tellRunEnded(extension.services, run);
    await vi.waitFor(() => {
      expect(editor.ran).toContainEqual(['tuningFork.openEvaluation', { runId: 'run-1' }]);
    });
  });

  it('says what one contestant reached, and how many requests failed', async () => {
    extension.hidePanels();
    const [tuned] = config.contestants;
    const ask: Ask = (contestant, item, ...rest) =>
      item.index === 3
        ? Promise.reject(
            new ProviderFailure(
              { code: 'moderated', message: 'Refused.', action: 'Change the row.' },
              {
                outcome: 'refused',
                advice: 'never',
                status: 400,
                serverCode: null,
                retryAfterMs: null,
                parameter: null,
              },
            ),
          )
        : answer(contestant, item, ...rest);
    const run = await ended(ask, { contestants: tuned ? [tuned] : [] });
    ui.expect({
      notify: /^pricer on prices\.test\.jsonl is evaluated: mean error 10\.00\. 1 request failed\.$/,
      kind: 'information',
      answer: CLOSED,
    });
    await tellRunEnded(extension.services, run);
  });

  it('says that it stopped early, and why it paused', async () => {
    extension.hidePanels();
    const run = await ended(answer, { stopEarly: true, order: { seed: 1 } });
    expect(run.status).toBe('stopped-early');
    ui.expect({
      notify: /^The evaluation of pricer against mini on prices\.test\.jsonl stopped early\. .*as planned/,
      kind: 'information',
    });
    await tellRunEnded(extension.services, run);
    const notice = { code: 'x', message: 'The key was refused.', action: 'Set another key.' };
    ui.expect({
      notify:
        'The evaluation of pricer against mini on prices.test.jsonl paused. The key was refused. Set another key.',
      kind: 'warning',
    });
    await tellRunEnded(extension.services, { config, items, rows: [], looks: () => [], status: 'paused', notice });
  });

  it('needs no word in view, or when the user canceled it', async () => {
    const run = await ended(answer);
    await tellRunEnded(extension.services, run);
    extension.hidePanels();
    const canceled = { config, items, rows: [], looks: () => [], status: 'cancelled' as const, notice: null };
    await tellRunEnded(extension.services, canceled);
  });
});
