import { t } from '../../base/messages.ts';
import { type CurveCollector, numberIn, shown } from './curveCollector.ts';

type Fields = Readonly<Record<string, unknown>>;

/** State of a trainer of Hugging Face: one entry of `log_history` for each report. */
export interface TrainerState extends Fields {
  readonly log_history: readonly unknown[];
}

/** Parses JSON as Python writes it, with `NaN` and infinity as null; undefined when it is not JSON. */
export function parseLaxJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const strict = text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (token) =>
      token.startsWith('"') ? token : 'null',
    );
    try {
      return JSON.parse(strict);
    } catch {
      return undefined;
    }
  }
}

export function isTrainerState(value: unknown): value is TrainerState {
  return isFields(value) && Array.isArray(value['log_history']);
}

/** Names that are axes rather than figures. */
const AXES: ReadonlySet<string> = new Set(['step', 'epoch']);

/** Reads the entries of a state into series by their keys; values that are no numbers are counted. */
export function readTrainerState(state: TrainerState, collector: CurveCollector): { readonly epochs: number | null } {
  state.log_history.forEach((entry, index) => {
    const place = index + 1;
    const step = isFields(entry) ? entry['step'] : undefined;
    if (!isFields(entry) || typeof step !== 'number' || !Number.isFinite(step)) {
      collector.report(place, t('The entry has no step.'));
      return;
    }
    for (const [name, value] of Object.entries(entry)) {
      if (AXES.has(name)) continue;
      if (typeof value === 'number') collector.add(name, step, value);
      else if (value === null) collector.add(name, step, NaN);
      else if (typeof value === 'string' && numberIn(value) !== null) collector.addCell(name, step, value, place);
      else if (typeof value === 'string') collector.addCell(name, step, value === '' ? '""' : value, place);
      else collector.report(place, t('{0} in {1} is no number.', shown(JSON.stringify(value)), name));
    }
  });
  const epochs = state['num_train_epochs'];
  return { epochs: typeof epochs === 'number' && epochs > 0 ? epochs : null };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
