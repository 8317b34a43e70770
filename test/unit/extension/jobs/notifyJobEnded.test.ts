import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ENGLISH, speak } from '../../../../src/core/base/messages.ts';
import type { Job } from '../../../../src/core/training/job.ts';
import { COMMANDS } from '../../../../src/extension/contributions.ts';
import { tellJobEnded } from '../../../../src/extension/jobs/notifyJobEnded.ts';
import { NO_LOCAL_FACTS, type JobRecord } from '../../../../src/jobs/store/jobRecord.ts';
import { aHistory, aJob } from '../../../support/jobBuilders.ts';
import { uiDouble } from '../../../support/uiDouble.ts';
import { editor } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

beforeEach(() => {
  editor.reset();
});
afterEach(() => {
  speak(ENGLISH);
});

function recordOf(job: Partial<Job>): JobRecord {
  return {
    connectionId: 'lab',
    job: aJob({ suffix: 'pricer', ...job }),
    ...aHistory(),
    checkpoints: [],
    complete: true,
    gone: false,
    seenAt: 0,
    local: NO_LOCAL_FACTS,
  };
}
const failure = { code: 'bad', message: 'Example 12 is too odd.', param: null };
const before = { finishedAt: 1 };

describe('the end of a job', () => {
  it.each<[Partial<Job>, 'information' | 'error', string]>([
    [{ status: 'succeeded', fineTunedModel: 'ft:m' }, 'information', 'pricer was fine-tuned: ft:m'],
    [
      { status: 'succeeded', fineTunedModel: 'ft:m', ...before },
      'information',
      'pricer was fine-tuned while VS Code was closed: ft:m',
    ],
    [{ status: 'failed' }, 'error', 'Fine-tuning pricer failed.'],
    [{ status: 'failed', ...before }, 'error', 'Fine-tuning pricer failed while VS Code was closed.'],
    [{ status: 'failed', error: failure }, 'error', 'Fine-tuning pricer failed: Example 12 is too odd.'],
    [
      { status: 'failed', error: failure, ...before },
      'error',
      'Fine-tuning pricer failed while VS Code was closed: Example 12 is too odd.',
    ],
    [{ status: 'cancelled' }, 'information', 'Fine-tuning pricer was canceled.'],
    [{ status: 'cancelled', ...before }, 'information', 'Fine-tuning pricer was canceled while VS Code was closed.'],
    [{ status: 'expired' }, 'information', 'Fine-tuning pricer ended with the status expired.'],
    [
      { status: 'expired', ...before },
      'information',
      'Fine-tuning pricer ended while VS Code was closed, with the status expired.',
    ],
  ])('%j is told as %s in one sentence', async (job, kind, sentence) => {
    const ui = uiDouble({ notify: sentence, kind });
    await tellJobEnded(ui, {
      record: recordOf({ finishedAt: null, ...job }),
      seenRunning: job.finishedAt === undefined,
    });
  });

  it('leads to the failing line, also from the button of another language', async () => {
    speak({ locale: 'de', translations: { 'Go to Failing Line': 'Zur Zeile' } });
    const ui = uiDouble({
      notify: /^Fine-tuning pricer failed/,
      kind: 'error',
      actions: ['Zur Zeile', 'Open Charts'],
      answer: 'Zur Zeile',
    });
    await tellJobEnded(ui, { record: recordOf({ status: 'failed', error: failure }), seenRunning: true });
    expect(editor.ran).toEqual([[COMMANDS.openFailedLine, { connectionId: 'lab', jobId: 'ftjob-1' }]]);
  });
});
