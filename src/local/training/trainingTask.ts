import { textOf } from '../../core/dataset/example.ts';
import { createEngines } from '../engines/engines.ts';
import { countMessageTokens } from '../tokens.ts';
import { EarlyStop, type EarlyEnd } from './earlyStop.ts';
import { checkFiles, parseTrainingFile } from './trainingFile.ts';
import type { TrainingOrder, TrainingReport } from './trainingMessages.ts';
import { CONTROL, MOST_AHEAD, STOP } from './trainingMessages.ts';

/** One order from beginning to end, in whatever thread it is called. `report` gets everything in order. */
export function runTraining(
  order: TrainingOrder,
  report: (message: TrainingReport, transfer?: ArrayBuffer[]) => void,
): void {
  if (order.task === 'check-method') {
    const error = checkFiles(order);
    report(error === null ? { type: 'checked' } : { type: 'refused', error });
    return;
  }
  const training = parseTrainingFile(order.training, 'training_file');
  if (!training.ok) {
    report({ type: 'refused', error: training.error });
    return;
  }
  if (
    !training.value.some((example) =>
      example.messages.some(
        (message) => message.role === 'assistant' && message.weight !== 0 && textOf(message) !== '',
      ),
    )
  ) {
    const message =
      'The training file cannot be used: no example has an answer in text, which is all this engine learns.';
    report({ type: 'refused', error: { code: 'invalid_training_file', message, param: 'training_file' } });
    return;
  }
  const validation = order.validation ? parseTrainingFile(order.validation, 'validation_file') : null;
  if (validation && !validation.ok) {
    report({ type: 'refused', error: validation.error });
    return;
  }
  if (order.task === 'check') {
    report({ type: 'checked' });
    return;
  }
  const engine = createEngines().find((item) => item.baseModel === order.model);
  if (!engine) {
    report({ type: 'broken', message: `There is no engine for ${order.model}` });
    return;
  }
  let epochs = 0;
  const control = new Int32Array(order.control);
  const stopped = (): boolean => Atomics.load(control, CONTROL.stop) !== 0;
  let reported = 0;
  const rule = order.earlyStop === null ? null : new EarlyStop();
  for (const metrics of order.earlyStop ?? []) rule?.add(metrics);
  let hasModel = (order.earlyStop ?? []).some(({ full_valid_loss: loss }) => loss !== undefined);
  let early: EarlyEnd | null = null;
  const result = engine.train(
    {
      examples: training.value,
      validation: validation?.value ?? [],
      hyperparameters: order.hyperparameters,
      seed: order.seed,
      resume: order.resume,
    },
    {
      started(hyperparameters, totalSteps, stepsDone) {
        epochs = hyperparameters.nEpochs;
        report({ type: 'started', hyperparameters, machine: { device: 'cpu', devices: 1 }, totalSteps, stepsDone });
      },
      notice(notice) {
        report({ type: 'notice', notice });
      },
      metrics(metrics) {
        report({ type: 'metrics', metrics });
        reported += 1;
        const reason = rule?.add(metrics) ?? null;
        // Before the first checkpoint there is no model to keep.
        if (hasModel) early ??= reason;
        while (!stopped()) {
          const taken = Atomics.load(control, CONTROL.taken);
          if (reported - taken < MOST_AHEAD) break;
          // Reads `stop` now and then, even when the other side is gone.
          Atomics.wait(control, CONTROL.taken, taken, 50);
        }
      },
      checkpoint({ step, metrics, model }) {
        hasModel = true;
        report({ type: 'checkpoint', step, metrics, model }, [model.buffer as ArrayBuffer]);
      },
    },
    {
      // A thread that trains receives no events, but it can look at shared memory.
      get aborted() {
        return stopped() || early !== null;
      },
    },
  );
  const end = early as EarlyEnd | null;
  if (!result.finished && (end === null || Atomics.load(control, CONTROL.stop) === STOP.discard)) {
    if (Atomics.load(control, CONTROL.stop) !== STOP.pause) {
      report({ type: 'stopped' });
      return;
    }
    const state = result.save?.() ?? null;
    report({ type: 'paused', state }, state ? [state.buffer as ArrayBuffer] : []);
    return;
  }
  // As providers bill: a token for each example, and for each message four and its content.
  const perEpoch = training.value.reduce((sum, example) => sum + 1 + countMessageTokens(example.messages), 0);
  const isEarly = !result.finished && end !== null;
  const done = isEarly ? end.step / end.totalSteps : 1;
  report({ type: 'finished', trainedTokens: Math.round(epochs * perEpoch * done), early: isEarly ? end : null });
}
