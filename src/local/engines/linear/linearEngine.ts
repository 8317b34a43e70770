import type { ChatExample } from '../../../core/dataset/example.ts';
import { createRandom } from '../../../core/base/random.ts';
import { searchMessage } from '../../../core/training/words/stages.ts';
import type { Engine, LoadedModel, Notice, StepMetrics, TrainCallbacks, TrainRequest, TrainResult } from '../engine.ts';
import { chooseSettings } from './chooseSettings.ts';
import { createModel } from './createModel.ts';
import { LinearCompleter } from './decode.ts';
import { loadModel, saveModel } from './format.ts';
import type { CompiledExample, Score } from './learner.ts';
import { Learner } from './learner.ts';
import type { PreparedExample } from './prepare.ts';
import { frameOf, numbersAreNames, prepare } from './prepare.ts';
import { autoBatchSize, learnerOptions } from './settings.ts';
import { readState, writeState } from './trainingState.ts';

/** Milliseconds between two events about the search for settings. */
const SEARCH_NOTICE_MS = 2000;

/** Engine of a linear baseline, not a language model: it learns short answers with a pattern, from scratch, in seconds. */
export class LinearEngine implements Engine {
  readonly baseModel = 'local-linear-1';

  load(bytes: Uint8Array): LoadedModel {
    return new LinearCompleter(loadModel(bytes));
  }

  train(request: TrainRequest, callbacks: TrainCallbacks, signal: { readonly aborted: boolean }): TrainResult {
    const { examples, validation, hyperparameters, seed } = request;
    const frame = frameOf(examples);
    const asWords = numbersAreNames(examples);
    const prepared = examples.map((example) => prepare(example, frame, asWords));
    const unseen = validation.map((example) => prepare(example, frame, asWords));
    const before = request.resume ? readState(request.resume) : null;
    if (!before) for (const notice of notices(examples, prepared)) callbacks.notice(notice);

    const asked = before ?? hyperparameters;
    const batchSize = asked.batchSize === 'auto' ? autoBatchSize(examples.length) : asked.batchSize;
    let { nEpochs, learningRateMultiplier: multiplier } = asked;
    if (nEpochs === 'auto' || multiplier === 'auto') {
      let told = -Infinity;
      const chosen = chooseSettings(
        { prepared, unseen, frame, asWords, batchSize, nEpochs, multiplier, seed },
        signal,
        (stage) => {
          // Events are kept for good: one every two seconds shows that it goes on.
          if (performance.now() - told < SEARCH_NOTICE_MS) return;
          told = performance.now();
          callbacks.notice({ level: 'info', message: searchMessage(stage) });
        },
      );
      if (chosen === null) return { finished: false, save: null };
      ({ nEpochs, multiplier } = chosen);
      callbacks.notice({ level: 'info', message: chosen.message });
      if (!chosen.helps) callbacks.notice(NOTHING_FOUND);
    }

    const model = createModel(prepared, frame, asWords);
    const learner = new Learner(model, learnerOptions(multiplier));
    const rows = prepared.map((example) => learner.compile(example));
    const heldBack = unseen.map((example) => learner.compile(example));
    const stepsPerEpoch = Math.ceil(rows.length / batchSize);
    const totalSteps = nEpochs * stepsPerEpoch;
    callbacks.started({ nEpochs, batchSize, learningRateMultiplier: multiplier }, totalSteps, before?.step ?? 0);
    // Before the first step the model is the unconditional one: this is what looking at the prompts has to beat.
    if (before) learner.restore(before.tables);
    else callbacks.notice(unconditionalLoss(learner, rows, heldBack));

    const random = createRandom(seed);
    // About twenty looks at the validation set an epoch, each at one batch of it, in turn.
    const every = Math.max(1, Math.floor(stepsPerEpoch / 20));
    let looked = before?.looked ?? 0;
    let step = 0;
    for (let epoch = 0; epoch < nEpochs; epoch += 1) {
      const order = random.shuffle(rows);
      for (let from = 0; from < order.length; from += batchSize) {
        // Made before the pause: only the order of the examples is drawn again.
        if (step < (before?.step ?? 0)) {
          step += 1;
          continue;
        }
        if (signal.aborted) {
          const state = { step, looked, nEpochs, batchSize, learningRateMultiplier: multiplier };
          return { finished: false, save: () => writeState({ ...state, tables: learner.state() }) };
        }
        step += 1;
        const score = learner.step(order.slice(from, from + batchSize));
        const lastOfEpoch = from + batchSize >= order.length;
        let metrics: StepMetrics = {
          step,
          total_steps: totalSteps,
          train_loss: perToken(score),
          train_mean_token_accuracy: share(score),
        };
        if (heldBack.length > 0 && (lastOfEpoch || step % every === 0)) {
          const batch = learner.evaluate(turnOf(heldBack, looked, batchSize));
          looked += batchSize;
          metrics = {
            ...metrics,
            valid_loss: perToken(batch),
            valid_mean_token_accuracy: share(batch),
          };
        }
        if (heldBack.length > 0 && lastOfEpoch) {
          const full = learner.evaluate(heldBack);
          metrics = {
            ...metrics,
            full_valid_loss: perToken(full),
            full_valid_mean_token_accuracy: share(full),
          };
        }
        callbacks.metrics(metrics);
        if (lastOfEpoch) callbacks.checkpoint({ step, metrics, model: saveModel(model) });
      }
    }
    return { finished: true };
  }
}

const NOTHING_FOUND: Notice = {
  level: 'warn',
  message:
    'The prompts hardly helped to predict answers that were held back: expect little more than a constant answer would give',
};

function unconditionalLoss(
  learner: Learner,
  rows: readonly CompiledExample[],
  heldBack: readonly CompiledExample[],
): Notice {
  const [name, of] = heldBack.length > 0 ? ['validation', heldBack] : ['training', rows];
  const loss = perToken(learner.evaluate(of)).toFixed(4);
  return {
    level: 'info',
    message: `Without looking at the prompts the ${name} loss is ${loss}: what is learnt must come below it`,
  };
}

function perToken(score: Score): number {
  return score.tokens === 0 ? 0 : score.loss / score.tokens;
}

/** 0 for a batch of examples without a text to learn, as is its loss. */
function share(score: Score): number {
  return score.tokens === 0 ? 0 : score.correct / score.tokens;
}

function turnOf(rows: readonly CompiledExample[], from: number, size: number): CompiledExample[] {
  const batch: CompiledExample[] = [];
  for (let i = 0; i < Math.min(size, rows.length); i += 1) {
    const row = rows[(from + i) % rows.length];
    if (row) batch.push(row);
  }
  return batch;
}

/** Notes before training about answers that this engine will not learn. */
function notices(examples: readonly ChatExample[], prepared: readonly PreparedExample[]): Notice[] {
  const result: Notice[] = [];
  const silent = prepared.filter((example) => example.targets.length === 0).length;
  if (silent > 0) {
    result.push({
      level: 'warn',
      message: `${String(silent)} of ${String(examples.length)} examples have no answer in text (tool calls, weight 0) and teach this linear baseline nothing`,
    });
  }
  const answers = prepared.flatMap((example) => example.targets);
  const lengths = answers.map((target) => target.tokens).sort((a, b) => a - b);
  const median = lengths[lengths.length >> 1] ?? 0;
  // Numbers that differ are one kind of answer, so they are compared as such.
  const kinds = new Set(
    answers.map((target) => target.pieces.map((piece) => (piece.kind === 'number' ? '0' : piece.text)).join('')),
  );
  const distinct = answers.length === 0 ? 0 : kinds.size / answers.length;
  if (median > 30) {
    result.push({
      level: 'warn',
      message: `The answers are long (half have more than ${String(median)} tokens): this linear baseline will not learn them; it learns short answers such as a number or a class`,
    });
  } else if (distinct > 0.5) {
    result.push({
      level: 'warn',
      message: `The answers are mostly distinct (${String(kinds.size)} kinds in ${String(answers.length)}): this linear baseline will not learn them; it learns answers that repeat, or numbers`,
    });
  }
  return result;
}
