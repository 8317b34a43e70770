import type { TrainerState } from './trainerState.ts';

/** Figures of a step under the names of a job's metrics. */
export interface HistoryStep {
  readonly step: number;
  readonly figures: Readonly<Record<string, number>>;
}

export interface TrainerHistory {
  /** Ascending, each step once. */
  readonly steps: readonly HistoryStep[];
  /** At least the last step; 0 without any. */
  readonly totalSteps: number;
  /** Null where the state does not tell, or tells part of one. */
  readonly epochs: number | null;
  /** Null where the state does not tell. */
  readonly tokens: number | null;
}

/** Names of the libraries that have a name of the product; `eval_sample` is what notebooks of ours call the sample. */
const NAMES: Readonly<Record<string, string>> = {
  loss: 'train_loss',
  mean_token_accuracy: 'train_mean_token_accuracy',
  reward: 'train_reward',
};
const PREFIXES: readonly (readonly [theirs: string, ours: string])[] = [
  ['eval_sample_', 'valid_'],
  ['eval_', 'full_valid_'],
];
/** Axes, and times of a validation. */
const LEFT_OUT = /^(?:step|total_flos|step_time|(?:eval_)?(?:num_tokens|runtime|samples_per_second|steps_per_second))$/;

/** Reads the history of a Hugging Face trainer as metrics of a job; what is no finite number is left out, and so is the summary at its end. */
export function historyOf(state: TrainerState): TrainerHistory {
  const steps = new Map<number, Record<string, number>>();
  let tokens: number | null = null;
  for (const entry of state.log_history) {
    if (typeof entry !== 'object' || entry === null) continue;
    const fields = entry as Readonly<Record<string, unknown>>;
    const { step } = fields;
    if (typeof step !== 'number' || !Number.isSafeInteger(step) || step < 0 || 'train_runtime' in fields) continue;
    const { num_tokens: seen } = fields;
    if (typeof seen === 'number' && seen > (tokens ?? 0)) tokens = seen;
    for (const [name, value] of Object.entries(fields)) {
      if (LEFT_OUT.test(name) || typeof value !== 'number' || !Number.isFinite(value)) continue;
      const figures = steps.get(step) ?? {};
      figures[nameOf(name)] = value;
      steps.set(step, figures);
    }
  }
  const ascending = [...steps].sort(([a], [b]) => a - b).map(([step, figures]) => ({ step, figures }));
  const last = ascending.at(-1)?.step ?? 0;
  const most = state['max_steps'];
  const epochs = state['num_train_epochs'];
  return {
    steps: ascending,
    totalSteps: typeof most === 'number' && Number.isSafeInteger(most) ? Math.max(most, last) : last,
    epochs: typeof epochs === 'number' && Number.isSafeInteger(epochs) && epochs > 0 ? epochs : null,
    tokens,
  };
}

function nameOf(name: string): string {
  const known = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
  if (known !== undefined) return known;
  const [theirs, ours] = PREFIXES.find(([prefix]) => name.startsWith(prefix)) ?? ['', ''];
  return `${ours}${name.slice(theirs.length)}`.replaceAll('/', '_');
}
