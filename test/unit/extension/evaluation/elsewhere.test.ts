import { hostname } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunConfig } from '../../../../src/core/evaluation/types.ts';
import type { RegisteredRun } from '../../../../src/evals/registry.ts';
import type { Holder } from '../../../../src/storage/lease.ts';
import { CLOSED, uiDouble } from '../../../support/uiDouble.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());
const { confirmTakeOver } = await import('../../../../src/extension/evaluation/commands/takeOver.ts');
const { cancelEvaluation, deleteEvaluation } =
  await import('../../../../src/extension/evaluation/commands/evaluateModel.ts');
const { EvaluationsTree } = await import('../../../../src/extension/evaluation/tree/evaluationsTree.ts');
const { Cancelled } = await import('../../../../src/extension/ui/errors.ts');

const config: RunConfig = {
  v: 1,
  id: 'run-1',
  createdAt: 1,
  name: 'prices.test.jsonl',
  testFile: { path: '/tmp/prices.test.jsonl', sha256: 'a', items: 100 },
  contestants: [{ id: 'tuned', kind: 'fine-tuned', label: 'pricer', connectionId: 'here', model: 'm' }],
  grader: 'number',
  sampling: { temperature: 0, maxTokens: 7, seed: 42 },
  answerPrefix: null,
  concurrency: 8,
};
const holder = (leftBehind: Holder['leftBehind'], host = hostname()): Holder => ({ pid: 4242, host, leftBehind });

beforeEach(() => {
  editor.reset();
});

/** What the commands need of the services, with one run in the list. */
function services(run: Pick<RegisteredRun, 'status' | 'answered' | 'elsewhere'>, ui = uiDouble()) {
  const did: string[] = [];
  return {
    did,
    services: {
      ui,
      runs: {
        load: () => Promise.resolve(),
        list: () => [{ config, ...run }],
        get: () => ({ cancel: () => did.push('cancel') }),
        remove: (id: string) => {
          did.push(`remove ${id}`);
          return Promise.resolve({ ok: true, value: true });
        },
      },
      panels: { closeRun: () => Promise.resolve() },
    } as unknown as Parameters<typeof deleteEvaluation>[0],
  };
}

describe('taking an evaluation over', () => {
  it('is asked about with what happened to its window', async () => {
    const ui = uiDouble(
      {
        modal: 'Take over the evaluation on prices.test.jsonl?',
        detail:
          /^Another window \(process 4242\) ended while .* Up to 8 requests that were under way are sent, and paid for, again\.$/,
        answer: 'Take Over',
      },
      {
        modal: /Take over/,
        detail: /has not responded for ten seconds; if it comes back, it writes nothing more/,
        answer: CLOSED,
      },
    );
    await confirmTakeOver(ui, { config, elsewhere: holder('dead') });
    await expect(confirmTakeOver(ui, { config, elsewhere: holder('silent') })).rejects.toBeInstanceOf(Cancelled);
  });

  it('is not asked about when nobody left it behind', async () => {
    await confirmTakeOver(uiDouble(), { config, elsewhere: null });
  });
});

describe('what another window runs', () => {
  const elsewhere = holder(null, 'build-7');
  const running = { status: 'running', answered: 12, elsewhere } as const;
  const message = 'This evaluation is running in another window (process 4242 on build-7).';

  it('is neither deleted nor cancelled from here', async () => {
    const { did, services: given } = services(running);
    await expect(deleteEvaluation(given, { runId: 'run-1' })).rejects.toMatchObject({ problem: { message } });
    await expect((async () => cancelEvaluation(given, { runId: 'run-1' }))()).rejects.toMatchObject({
      problem: { message },
    });
    expect(did).toEqual([]);
  });

  it('is deleted when its window is gone', async () => {
    const ui = uiDouble({
      modal: 'Delete this evaluation on prices.test.jsonl?',
      detail: /^Its 12 rows/,
      answer: 'Delete',
    });
    const { did, services: given } = services({ status: 'interrupted', answered: 12, elsewhere: holder('dead') }, ui);
    await deleteEvaluation(given, { runId: 'run-1' });
    expect(did).toEqual(['remove run-1']);
  });
});

describe('the Evaluations view', () => {
  let tree: InstanceType<typeof EvaluationsTree>;
  let runs: RegisteredRun[];

  beforeEach(() => {
    runs = [];
    const registry = {
      onDidChange: () => ({ dispose: () => undefined }),
      list: () => runs,
      load: () => Promise.resolve(),
      glance: () => Promise.resolve(),
      findFacts: () => Promise.resolve(),
    };
    tree = new EvaluationsTree(registry as never, { list: () => Promise.resolve([]) } as never);
  });
  afterEach(() => {
    tree.dispose();
  });

  const shown = (run: Omit<RegisteredRun, 'config'>) => {
    runs = [{ config, ...run }];
    const { description, contextValue } = tree.getTreeItem({ kind: 'run', runId: 'run-1' });
    return { description, contextValue };
  };

  it('has runs under the name of their test file, also those of an evaluation file, and finds them by both', async () => {
    runs = [{ config: { ...config, name: 'prices.eval.json' }, status: 'finished', answered: 100, elsewhere: null }];
    const file = { kind: 'file', path: '/tmp/prices.test.jsonl', name: 'prices.test.jsonl' };
    expect(await tree.getChildren()).toEqual([file]);
    for (const [filter, found] of [
      ['test.jsonl', [file]],
      ['eval.json', [file]],
      ['topics', []],
    ] as const) {
      tree.setFilter(filter);
      expect(await tree.getChildren()).toEqual(found);
    }
  });

  it('names who runs what, and what can be done', () => {
    expect(shown({ status: 'running', answered: 12, elsewhere: null })).toEqual({
      description: 'running · 12/100 rows',
      contextValue: 'run active',
    });
    expect(shown({ status: 'running', answered: 12, elsewhere: holder(null) })).toEqual({
      description: '12/100 rows · running in another window',
      contextValue: 'run elsewhere',
    });
    expect(shown({ status: 'interrupted', answered: 12, elsewhere: holder('silent') })).toEqual({
      description: 'left behind · 12/100 rows · take over',
      contextValue: 'run resumable',
    });
    expect(shown({ status: 'interrupted', answered: null, elsewhere: null })).toEqual({
      description: 'interrupted · resume',
      contextValue: 'run resumable',
    });
  });

  it('says of each run what it says, best first, running ones before, under the name that the user gave', async () => {
    const fact = { metric: 'mae', value: 80, against: 'constant', claim: 'better', typical: 'better' } as const;
    const run = (id: string, rest: Partial<RegisteredRun>): RegisteredRun => ({
      config: { ...config, id },
      status: 'finished',
      answered: 100,
      elsewhere: null,
      ...rest,
    });
    runs = [
      run('worse', { fact: { ...fact, value: 90, claim: 'none', typical: 'none' } }),
      run('unknown', {}),
      run('best', { fact, title: 'My $(star) run' }),
      run('now', { status: 'running', answered: 3 }),
    ];
    const [file] = await tree.getChildren();
    const nodes = await tree.getChildren(file);
    expect(nodes).toEqual(['now', 'best', 'worse', 'unknown'].map((runId) => ({ kind: 'run', runId })));
    const labels = nodes.map((node) => tree.getTreeItem(node)).map(({ label, description }) => [label, description]);
    expect(labels[1]?.[0]).not.toContain('$(star)');
    expect(labels[1]?.[1]).toBe('mean error 80.00 · better than constant');
    expect(labels[2]).toEqual(['pricer', 'mean error 90.00 · not shown to be better than constant']);

    tree.setFilter('my RUN');
    expect(await tree.getChildren(file)).toEqual([{ kind: 'run', runId: 'best' }]);
    tree.setFilter('nothing of the kind');
    expect(await tree.getChildren()).toEqual([]);
    tree.setFilter('');
    expect(await tree.getChildren(file)).toHaveLength(4);
  });
});
