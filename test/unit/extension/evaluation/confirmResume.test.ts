// The question before the rest of a paid run, word for word: for whom it is, what it costs at most, and what its buttons do.
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Contestant, RunConfig, RunStatus, TestItem } from '../../../../src/core/evaluation/types.ts';
import type { Connection } from '../../../../src/core/provider/connection.ts';
import type { EvaluationRun } from '../../../../src/evals/runner.ts';
import { confirmResume, type OpenRequests } from '../../../../src/extension/evaluation/commands/confirmResume.ts';
import { Cancelled } from '../../../../src/extension/ui/errors.ts';
import { CLOSED, uiDouble, type Line } from '../../../support/uiDouble.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

// $0.30 and $1.20 for a million tokens.
const MODEL = 'gpt-4o-mini-2024-07-18';
const paid: Connection = { id: 'paid', kind: 'openai', name: 'Paid', baseUrl: 'https://api.openai.com/v1' };
const other: Connection = { ...paid, id: 'other', name: 'Other' };
const local: Connection = { id: 'local', kind: 'local', name: 'Local', baseUrl: 'http://127.0.0.1:1/v1' };
const asked: Contestant = { id: 'a', kind: 'base', label: 'A', connectionId: 'paid', model: MODEL };

interface Rest {
  readonly contestants?: readonly Contestant[];
  /** Items without a row, by contestant; `a`: two. */
  readonly open?: Readonly<Record<string, readonly TestItem[]>>;
  readonly status?: OpenRequests['status'];
  readonly config?: Partial<RunConfig>;
  /** Null: the lines are no examples. */
  readonly tokens?: number | null;
  readonly late?: boolean;
}

/** Titles of what went on with a notification. */
let tasks: readonly string[];
let counted: { readonly name: string; readonly text: string }[];

beforeEach(() => {
  editor.reset();
  counted = [];
});

function item(index: number, overrides: Partial<TestItem> = {}): TestItem {
  const messages = [{ role: 'user' as const, content: `What does item ${String(index)} cost?` }];
  return { index, line: index + 1, title: `Item ${String(index)}`, messages, truth: `$${String(index)}`, ...overrides };
}

const TWO = [item(0), item(1)];

async function resume(rest: Rest, ...script: readonly Line[]): Promise<number | null> {
  const { contestants = [asked], open = { a: TWO }, status = 'paused', tokens = 1_000_000 } = rest;
  const run = {
    contestants,
    status,
    items: [...TWO, item(2)],
    config: { sampling: { temperature: 0, maxTokens: 1000, seed: 1 }, answerPrefix: null, ...rest.config },
    openItems: (id: string) => open[id] ?? [],
  } as unknown as EvaluationRun;
  const ui = uiDouble(...script);
  tasks = ui.tasks;
  const services = {
    ui,
    providers: {
      connection: (id: string) => Promise.resolve([paid, other, local].find((connection) => connection.id === id)),
    },
    datasets: {
      countTokens: async (source: { readonly name: string; readonly text: string }) => {
        counted.push(source);
        if (rest.late === true) await vi.waitUntil(() => ui.tasks.length > 0, { interval: 1 });
        return { tokens: tokens ?? 5, examples: tokens === null ? 1 : source.text.split('\n').length };
      },
    },
  } as unknown as Parameters<typeof confirmResume>[0];
  return confirmResume(services, run);
}

const lines = (): readonly unknown[] =>
  counted.flatMap(({ text }) => text.split('\n').map((line) => JSON.parse(line) as unknown));
const pay = (modal: string, answer: string | typeof CLOSED, detail: string | RegExp = /^At most about /): Line => ({
  modal,
  detail,
  answer,
});

describe('the question', () => {
  it('has the number of requests, the provider, the most it costs and two buttons, and gives the agreed price', async () => {
    const question = pay(
      'Send 2 more requests to Paid?',
      'Resume for at Most $0.30',
      /^At most about \$0\.30: 1,002,000 tokens \(prices of [^)]+\)\.$/,
    );
    expect(await resume({}, question)).toBeCloseTo(0.3024, 10);
  });

  it('is about one request in the singular', async () => {
    expect(
      await resume({ open: { a: [item(1)] } }, pay('Send 1 more request to Paid?', 'Resume for at Most $0.30')),
    ).not.toBe(0);
  });

  it.each<RunStatus>(['paused', 'cancelled', 'interrupted', 'stopped-early'])(
    'goes on with a run that is %s',
    async (status) => {
      await expect(resume({ status }, pay('Send 2 more requests to Paid?', "Don't Resume"))).rejects.toBeInstanceOf(
        Cancelled,
      );
    },
  );

  it('tries what failed in a run that is finished', async () => {
    const rest = { status: 'finished' } as const;
    await expect(resume(rest, pay('Send 2 more requests to Paid?', "Don't Retry"))).rejects.toBeInstanceOf(Cancelled);
    expect(await resume(rest, pay('Send 2 more requests to Paid?', 'Retry for at Most $0.30'))).toBeCloseTo(0.3024, 10);
  });

  it('starts a run that is not made yet, in words of its own', async () => {
    const rest = { status: 'new' } as const;
    await expect(resume(rest, pay('Send 2 requests to Paid?', "Don't Start"))).rejects.toBeInstanceOf(Cancelled);
    expect(await resume(rest, pay('Send 2 requests to Paid?', 'Start for at Most $0.30'))).toBeCloseTo(0.3024, 10);
    const one = { ...rest, open: { a: [item(1)] }, contestants: [{ ...asked, model: 'mystery' }] };
    expect(
      await resume(one, pay('Send 1 request to Paid?', 'Start at Unknown Price', /^Price unknown for mystery\./)),
    ).toBeNull();
  });

  it('that is closed sends nothing', async () => {
    await expect(resume({}, pay('Send 2 more requests to Paid?', CLOSED))).rejects.toBeInstanceOf(Cancelled);
  });

  it('says that the price is unknown where nobody knows it or the tokens could not be counted', async () => {
    const contestants = [{ ...asked, model: 'mystery' }];
    const unknown = /^Price unknown for mystery\. See the provider's price list\.$/;
    expect(
      await resume({ contestants }, pay('Send 2 more requests to Paid?', 'Resume at Unknown Price', unknown)),
    ).toBeNull();
    expect(
      await resume(
        { contestants, status: 'finished' },
        pay('Send 2 more requests to Paid?', 'Retry at Unknown Price', unknown),
      ),
    ).toBeNull();
    const uncounted = 'Price unknown: the tokens of the prompts could not be counted.';
    expect(
      await resume({ tokens: null }, pay('Send 2 more requests to Paid?', 'Resume at Unknown Price', uncounted)),
    ).toBeNull();
  });

  it('repeats that the model was trained on the items', async () => {
    const detail =
      /^At most about \$0\.30: 1,002,000 tokens \(prices of [^)]+\)\. 2 of 3 items are in the model's training file\. These figures do not tell how the model does on new items\.$/;
    const config = { trainedOn: { same: 2, near: 0 } } as unknown as Partial<RunConfig>;
    await resume({ config }, pay('Send 2 more requests to Paid?', 'Resume for at Most $0.30', detail));
  });

  it('is not asked above the cap, with a way out for requests', async () => {
    editor.settings.set('tuningFork.cost.cap', 0.1);
    await expect(resume({})).rejects.toMatchObject({
      problem: {
        code: 'above-price-cap',
        action: 'Choose a shorter test file or a cheaper model, or raise the cap in the settings.',
      },
    });
  });
});

describe('what is asked', () => {
  it('is the open items of each model, at each provider once by name', async () => {
    const contestants: Contestant[] = [
      asked,
      { ...asked, id: 'b' },
      { ...asked, id: 'c', connectionId: 'other' },
      { ...asked, id: 'done' },
    ];
    const open = { a: TWO, b: [item(1)], c: TWO };
    await resume({ contestants, open }, pay('Send 5 more requests to Paid and Other?', 'Resume for at Most $0.91'));
    expect(counted.map(({ text }) => text.split('\n').length)).toEqual([2, 1, 2]);
  });

  it('is nothing of a constant, whatever it has of a model, and nothing of contestants without a model or a provider', async () => {
    const homeless: Contestant = { id: 'a', kind: 'base', label: 'A', model: MODEL };
    const nameless: Contestant = { id: 'a', kind: 'base', label: 'A', connectionId: 'paid' };
    const constant: Contestant = { ...asked, kind: 'constant' };
    for (const contestant of [constant, homeless, nameless])
      expect(await resume({ contestants: [contestant] })).toBe(0);
    expect(counted).toEqual([]);
  });

  it('costs nothing on this machine: no question, no tokens counted, whatever the cap', async () => {
    editor.settings.set('tuningFork.cost.cap', 0.000001);
    expect(await resume({ contestants: [{ ...asked, connectionId: 'local' }] })).toBe(0);
    expect(counted).toEqual([]);
  });

  it('counts only what is paid for when some of it is free', async () => {
    const contestants = [{ ...asked, id: 'free', connectionId: 'local' }, asked];
    const question = pay('Send 2 more requests to Paid?', 'Resume for at Most $0.30');
    expect(await resume({ contestants, open: { a: TWO, free: TWO } }, question)).toBeCloseTo(0.3024, 10);
  });

  it('is asked as often as there are samples', async () => {
    const question = pay('Send 6 more requests to Paid?', 'Resume for at Most $0.91', /: 3,006,000 tokens /);
    expect(await resume({ config: { samples: 3 } }, question)).toBeCloseTo(3 * 0.3024, 10);
  });

  it('has replies as long as the contestant allows, else as the run does', async () => {
    const contestants = [{ ...asked, maxTokens: 1_000_000 }];
    const question = pay('Send 2 more requests to Paid?', 'Resume for at Most $2.70', /: 3,000,000 tokens /);
    expect(await resume({ contestants }, question)).toBeCloseTo(0.3 + 2.4, 10);
  });
});

describe('the tokens', () => {
  it('are those of the items with their answers, a line each', async () => {
    await resume({}, pay('Send 2 more requests to Paid?', 'Resume for at Most $0.30'));
    expect(counted.map(({ name }) => name)).toEqual(['rest']);
    expect(lines()).toEqual([0, 1].map((index) => exampleOf(`$${String(index)}`, index)));
  });

  it('have the beginning of an answer once', async () => {
    const system = { role: 'system', content: 'You are an appraiser.' } as const;
    const question = { role: 'user', content: 'What does item 0 cost?' } as const;
    const begun = (content: string): TestItem =>
      item(0, { messages: [system, question, { role: 'assistant', content }], truth: 'Price is $7' });
    const said = item(0, { messages: [{ role: 'user', content: 'Price is $' }], truth: 'Price is $7' });
    const open = { a: [begun('Price is $'), begun('Hello'), said, item(0, { messages: [], truth: 'Price is $7' })] };
    await resume(
      { open, config: { answerPrefix: 'Price is $' } },
      pay('Send 4 more requests to Paid?', 'Resume for at Most $0.30'),
    );
    const answer = { role: 'assistant', content: 'Price is $7' };
    expect(lines()).toEqual([
      { messages: [system, question, answer] },
      { messages: [system, question, { role: 'assistant', content: 'Hello' }, answer] },
      { messages: [{ role: 'user', content: 'Price is $' }, answer] },
      { messages: [answer] },
    ]);
  });

  it('are counted with a notification that says so when it takes long', async () => {
    const question = pay('Send 2 more requests to Paid?', 'Resume for at Most $0.30');
    await resume({ late: true }, question);
    expect(tasks).toEqual(['Counting the tokens of the remaining requests…']);
  });
});

function exampleOf(answer: string, index: number): unknown {
  return {
    messages: [
      { role: 'user', content: `What does item ${String(index)} cost?` },
      { role: 'assistant', content: answer },
    ],
  };
}
