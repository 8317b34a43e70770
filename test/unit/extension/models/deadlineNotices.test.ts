import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from '../../../../src/core/provider/connection.ts';
import { SETTINGS } from '../../../../src/extension/contributions.ts';
import { DeadlineNotices } from '../../../../src/extension/models/deadlineNotices.ts';
import type { JobRecord } from '../../../../src/jobs/store/jobRecord.ts';
import { aJob } from '../../../support/jobBuilders.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

/** Notifications in order; a test that presses a button names it. */
const shown: string[] = [];
let press: string | undefined;
const ui = {
  notify: (_kind: string, text: string) => {
    shown.push(text);
    return Promise.resolve(press);
  },
};

const openai: Connection = { id: 'o', kind: 'openai', name: 'OpenAI', baseUrl: 'https://api.openai.com/v1' };
const record = (id: string, model: string | null, more: Partial<JobRecord> = {}): JobRecord =>
  ({
    connectionId: 'o',
    job: aJob({ id, fineTunedModel: model, suffix: id }),
    local: { name: null },
    gone: false,
    ...more,
  }) as JobRecord;
const tuned = (id: string, base = 'gpt-4o-mini-2024-07-18'): JobRecord => record(id, `ft:${base}:org:${id}:1`);

let state: Map<string, unknown>;
let connections: Connection[];

const wanted = (): unknown => editor.settings.get(SETTINGS.notifyDeadlines);

/** Looks at the models once, as when the user opens a view; a new window each time, with the same state behind it. */
async function look(...records: readonly JobRecord[]): Promise<void> {
  const done = vi.fn();
  const notices = new DeadlineNotices({
    ui,
    connections: {
      list: () => {
        done();
        return Promise.resolve(connections);
      },
    },
    jobs: { load: () => Promise.resolve(), list: () => records },
    context: {
      globalState: {
        get: (key: string) => state.get(key),
        update: (key: string, value: unknown) => {
          state.set(key, value);
          return Promise.resolve();
        },
      },
    },
  } as unknown as ConstructorParameters<typeof DeadlineNotices>[0]);
  notices.look();
  await vi.waitFor(() => {
    expect(!wanted() || done.mock.calls.length > 0).toBe(true);
  });
  // The rest needs no more than a few turns of the event loop.
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-23T12:00:00Z') });
  state = new Map();
  connections = [openai];
  shown.length = 0;
  press = undefined;
  editor.reset();
  editor.settings.set(SETTINGS.notifyDeadlines, true);
});

describe('a model whose end is near', () => {
  it('is told of once, also over restarts, and again only for another date', async () => {
    await look(tuned('pricer'));
    expect(shown).toEqual([
      'The fine-tuned model pricer will be retired with its base model in 52 days, on Jan 14, 2027.',
    ]);
    await look(tuned('pricer'));
    expect(shown).toHaveLength(1);
    connections = [{ ...openai, retirements: { 'gpt-4o-mini-2024-07-18': '2026-12-24' } }];
    await look(tuned('pricer'));
    expect(shown).toHaveLength(2);
  });

  it('makes one message of several, with the nearest day', async () => {
    connections = [{ ...openai, retirements: { base: '2026-11-24' } }];
    await look(tuned('a'), tuned('b'), tuned('c'), tuned('d', 'base'), tuned('e'));
    expect(shown).toEqual([
      'Fine-tuned models will be retired with their base models, the first in 1 day, on Nov 24, 2026: a, b, c, and 2 more.',
    ]);
  });

  it.each([
    ['is over', tuned('x', 'gpt-4.1-nano-2025-04-14')],
    ['has no announced end', tuned('x', 'gpt-3.5-turbo-0125')],
    ['is not there yet', record('x', null)],
    ['is gone at the provider', { ...tuned('x'), gone: true }],
    ['belongs to a removed connection', { ...tuned('x'), connectionId: 'other' }],
  ])('is not told of when it %s', async (_why, one) => {
    await look(one);
    expect(shown).toEqual([]);
  });

  it('is not told of when the setting says so', async () => {
    editor.settings.set(SETTINGS.notifyDeadlines, false);
    await look(tuned('pricer'));
    expect(shown).toEqual([]);
    expect(state.size).toBe(0);
  });

  it('leads to leaving the provider, to the models and to the setting', async () => {
    press = 'Leave This Provider…';
    await look(tuned('c'));
    press = 'Show Models';
    await look(tuned('a'));
    press = 'Settings';
    await look(tuned('b'));
    expect(editor.ran).toEqual([
      ['tuningFork.leaveProvider', openai.id],
      ['tuningFork.models.focus'],
      ['workbench.action.openSettings', 'tuningFork.notifications.deadlines'],
    ]);
  });

  it('has no link in its message, whatever the job is called', async () => {
    await look({ ...tuned('a'), local: { name: '[x](command:evil)\u202e' } } as JobRecord);
    expect(shown[0]).not.toMatch(/\]\(|\u202e/);
  });
});
