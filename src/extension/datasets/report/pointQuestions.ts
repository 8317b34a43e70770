// Questions to tuned models about rows that they have not seen.
import { answerError } from '../../../core/dataset/dataCurve/answerError.ts';
import type { CurveMeasurement } from '../../../core/dataset/dataCurve/measurement.ts';
import type { DataParts, HeldRow } from '../../../core/dataset/dataCurve/modelPoints.ts';
import type { Provider } from '../../../core/provider/api.ts';
import { isProviderFailure } from '../../../core/provider/failure.ts';
import { DEFAULT_SEED } from '../../fineTuning/wizard/tuningPlan.ts';

/** Questions under way at once; the local server computes those that wait together. */
const AT_ONCE = 4;
/** A large model is loaded for minutes before its first answer. */
const TIMEOUT_MS = 600_000;
/** Times that a row is asked before its failure ends the measurement. */
const TRIES = 2;

/**
 * Asks the model each row at temperature 0.
 * @param onAnswered gets the number of rows that are answered
 * @returns the error of each row, as that of the curve (`answerError`)
 * @throws ProviderFailure when a row is not answered; the signal's reason when aborted
 */
export async function errorsOf(
  provider: Pick<Provider, 'chat'>,
  model: string,
  { held, maxTokens }: Pick<DataParts, 'held' | 'maxTokens'>,
  kind: CurveMeasurement['kind'],
  signal: AbortSignal,
  onAnswered: (rows: number) => void,
): Promise<readonly number[]> {
  const sampling = { temperature: 0, maxTokens, seed: DEFAULT_SEED };
  // One failure ends the questions that are under way.
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const ask = async ({ prompt, answer }: HeldRow): Promise<number> => {
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      try {
        const { text } = await provider.chat(
          { model, messages: prompt, sampling },
          { signal: either, timeoutMs: TIMEOUT_MS },
        );
        return answerError(text, answer, kind);
      } catch (error) {
        if (either.aborted || !isProviderFailure(error) || attempt === TRIES) throw error;
      }
    }
  };
  const errors: number[] = [];
  let answered = 0;
  const queue = held.entries();
  const asker = async (): Promise<void> => {
    // The iterator is shared: each row is taken once.
    for (const [index, row] of queue) {
      errors[index] = await ask(row);
      answered += 1;
      onAnswered(answered);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, asker));
  } catch (error) {
    failed.abort();
    throw error;
  }
  return errors;
}
