// States of the page on which a provider is left.
import type { LeavePanelState, LeavingRow } from '../../../src/protocol/leavePanel.ts';

export function leavingRow(changes: Partial<LeavingRow> = {}): LeavingRow {
  return {
    model: 'ft:gpt-4o-mini-2024-07-18:acme:pricer:AbCd1234',
    title: 'pricer',
    base: 'gpt-4o-mini-2024-07-18',
    deadline: '48 days left',
    isUrgent: true,
    trainingFile: 'here',
    lastEvaluation: { run: 'run-1', text: 'Nov 20, 2026: mean error 79.58 · better than gpt-4o-mini-2024-07-18' },
    recording: { run: 'run-2', text: 'all 250 items', state: 'whole' },
    replacements: [
      { run: 'run-3', text: 'smol: as good as pricer, with other answers', tone: 'good' },
      { run: 'run-4', text: 'linear: worse than pricer', tone: 'bad' },
    ],
    canRecord: true,
    canTrain: true,
    ...changes,
  };
}

/** Four models in every stage. */
export function leaveState(changes: Partial<LeavePanelState> = {}): LeavePanelState {
  return {
    panel: 'leave',
    connectionId: 'openai-1',
    provider: 'OpenAI',
    folder: '/home/someone/leaving',
    isReading: false,
    problems: [],
    models: [
      leavingRow({
        model: 'ft:gpt-4.1-2025-04-14:acme:support-triage:EfGh5678',
        title: 'support-triage',
        base: 'gpt-4.1-2025-04-14',
        trainingFile: 'at the provider',
        lastEvaluation: null,
        recording: { run: 'run-5', text: '112 of 400 items', state: 'part' },
        replacements: [],
        canTrain: false,
      }),
      leavingRow(),
      leavingRow({
        model: 'ft:gpt-4o-2024-08-06:acme::IjKl9012',
        title: 'gpt-4o-2024-08-06',
        base: 'gpt-4o-2024-08-06',
        trainingFile: 'gone',
        lastEvaluation: null,
        recording: null,
        replacements: [],
        canTrain: false,
      }),
      leavingRow({
        model: 'ft:gpt-4.1-nano-2025-04-14:acme:router:MnOp3456',
        title: 'router',
        base: 'gpt-4.1-nano-2025-04-14',
        deadline: 'retired',
        recording: null,
        replacements: [],
        canRecord: false,
      }),
    ],
    jobs: 7,
    files: 12,
    taken: {
      files: 19,
      bytes: '4.2 MB',
      missing: [
        { what: 'training file', id: 'file-QrSt7890', reason: 'OpenAI has no such file any more.' },
        { what: 'result file', id: 'file-UvWx1234', reason: 'OpenAI has no such file any more.' },
      ],
    },
    busy: null,
    hasDocument: true,
    ...changes,
  };
}
