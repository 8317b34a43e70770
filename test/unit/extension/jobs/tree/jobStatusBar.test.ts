import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import * as vscode from 'vscode';
import { JobStatusBar } from '../../../../../src/extension/jobs/tree/jobStatusBar.ts';
import { NO_LOCAL_FACTS, type JobRecord } from '../../../../../src/jobs/store/jobRecord.ts';
import { aHistory, aJob } from '../../../../support/jobBuilders.ts';

vi.mock('vscode', async () => (await import('../../../../support/vscodeDouble.ts')).vscodeDouble());

const item = { text: '', show: vi.fn(), hide: vi.fn(), dispose: vi.fn() };

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('performance', { now: () => Date.now() });
  Object.assign(vscode.window, { createStatusBarItem: () => item });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

function record(status: string): JobRecord {
  const job = aJob({ id: 'a', status });
  return {
    connectionId: 'c',
    job,
    ...aHistory(),
    checkpoints: [],
    local: NO_LOCAL_FACTS,
    complete: false,
    gone: false,
    seenAt: 0,
  };
}

it('goes half a second after the last job has ended, not with the next tick', () => {
  let jobs = [record('running')];
  let changed: () => void = () => undefined;
  const bar = new JobStatusBar({
    jobs: {
      list: () => jobs,
      onDidChange: (listener: () => void) => ((changed = listener), { dispose: () => undefined }),
    },
  } as unknown as ConstructorParameters<typeof JobStatusBar>[0]);
  changed();
  vi.advanceTimersByTime(500);
  expect(item.show).toHaveBeenCalledTimes(1);
  jobs = [record('succeeded')];
  changed();
  vi.advanceTimersByTime(499);
  expect(item.hide).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(item.hide).toHaveBeenCalledTimes(1);
  // Many reports in a moment are one drawing.
  jobs = [record('running')];
  for (let report = 0; report < 20; report++) changed();
  vi.advanceTimersByTime(500);
  expect(item.show).toHaveBeenCalledTimes(2);
  bar.dispose();
});
