import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Connection } from '../core/provider/connection.ts';
import { whyNoTraining } from '../core/provider/connection.ts';
import { profileOf } from '../core/provider/profiles.ts';
import { automaticEpochs, dollars, estimateCost, type CostEstimate } from '../core/cost/estimate.ts';
import { hourlyEstimate } from '../core/cost/hourly.ts';
import { priceRefusal } from '../core/cost/priceCap.ts';
import { priceTable } from '../core/cost/prices.ts';
import type { ExampleKind } from '../core/dataset/kind.ts';
import { isFree, LOCAL_BASE_MODEL } from '../core/provider/localModel.ts';
import { parseGraderFile, type CheckedGrader } from '../core/training/graderSchema.ts';
import { validateHyperparameter, validateSeed, validateSuffix } from '../core/training/hyperparameters.ts';
import type { JobMethod, MethodName } from '../core/training/job.ts';
import type { Limits } from '../connections/limits.ts';
import { checkFile, type FileCheck } from './checkFile.ts';
import { FileProblem } from './datasetFile.ts';
import { asText, totals, type Printed } from './findings.ts';
import { CommandFailure, EXIT, FORMATS, numberOf, oneOf, parseOptions, UsageError, valid } from './options.ts';
import { TARGET_OPTIONS, type TargetValues } from './target.ts';
import { say } from './terminal.ts';

/** `null`: nothing that costs money; `cap`: what the editor's cap allows; `Infinity`: any amount. */
type MaxCost = number | 'cap' | null;

export interface TuneOptions {
  /** Absolute paths. */
  readonly training: string;
  readonly validation: string | null;
  readonly grader: string | null;
  readonly target: TargetValues;
  readonly model: string | null;
  readonly suffix: string;
  readonly seed: number | null;
  readonly hyperparameters: JobMethod['hyperparameters'];
  readonly maxCost: MaxCost;
  /** US dollars for a million trained tokens. */
  readonly price: number | null;
  readonly wait: boolean;
  readonly resume: boolean;
  readonly startAgain: boolean;
  readonly forget: boolean;
  readonly format: (typeof FORMATS)[number];
}

export function readTuneOptions(args: readonly string[]): TuneOptions {
  const { values, positionals } = parseOptions(args, {
    ...TARGET_OPTIONS,
    validation: { type: 'string' },
    grader: { type: 'string' },
    model: { type: 'string' },
    suffix: { type: 'string', default: '' },
    seed: { type: 'string', default: '' },
    epochs: { type: 'string', default: 'auto' },
    'batch-size': { type: 'string', default: 'auto' },
    'learning-rate-multiplier': { type: 'string', default: 'auto' },
    'max-cost': { type: 'string' },
    price: { type: 'string' },
    wait: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
    'start-again': { type: 'boolean', default: false },
    forget: { type: 'boolean', default: false },
  });
  const [training, more] = positionals;
  if (training === undefined) throw new UsageError('TRAIN, the file to train on, is missing.');
  if (more !== undefined)
    throw new UsageError(`${more} is too much: one file is trained on; --validation names another.`);
  if (values.forget && values.resume) throw new UsageError('--resume and --forget cannot both be given.');
  if (values['start-again'] && !values.resume) throw new UsageError('--start-again needs --resume.');
  const resolved = (file: string | undefined): string | null => (file === undefined ? null : path.resolve(file));
  if (resolved(values.validation) === path.resolve(training))
    throw new UsageError('The validation file is the training file, so its loss would say nothing.');
  return {
    training: path.resolve(training),
    validation: resolved(values.validation),
    grader: resolved(values.grader),
    target: values,
    model: values.model ?? null,
    suffix: values.suffix,
    seed: valid(validateSeed(values.seed)),
    hyperparameters: {
      n_epochs: valid(validateHyperparameter('n_epochs', values.epochs)),
      batch_size: valid(validateHyperparameter('batch_size', values['batch-size'])),
      learning_rate_multiplier: valid(
        validateHyperparameter('learning_rate_multiplier', values['learning-rate-multiplier']),
      ),
    },
    maxCost: maxCostOf(values['max-cost']),
    price: values.price === undefined ? null : numberOf(values.price, 'price in US dollars', { integer: false }),
    wait: values.wait,
    resume: values.resume,
    startAgain: values['start-again'],
    forget: values.forget,
    format: oneOf('formats', values.format, FORMATS),
  };
}

function maxCostOf(typed: string | undefined): MaxCost {
  if (typed === undefined) return null;
  if (typed === 'cap') return 'cap';
  return typed === 'none' ? Infinity : numberOf(typed, 'amount in US dollars', { integer: false });
}

export interface TunePlan {
  readonly connection: Connection;
  readonly model: string;
  readonly suffix: string | null;
  readonly method: JobMethod;
  readonly training: FileCheck;
  readonly validation: FileCheck | null;
  readonly estimate: CostEstimate;
}

/**
 * Checks the files as `check` does and says what the job would be and cost.
 * @param ownPrices of the editor's settings
 * @throws CommandFailure, UsageError
 */
export async function planTuning(
  options: TuneOptions,
  connection: Connection,
  ownPrices: Limits['prices'],
): Promise<TunePlan> {
  const profile = profileOf(connection.kind);
  const model = options.model ?? (connection.kind === 'local' ? LOCAL_BASE_MODEL : null);
  if (model === null) throw new UsageError('--model is missing: the base model, as the provider spells its name.');
  const suffix = valid(validateSuffix(options.suffix, profile.suffix));
  const closed = whyNoTraining(connection);
  if (closed !== null)
    throw new CommandFailure({ code: 'training-closed', message: closed, action: 'Use another connection.' });

  const grader = options.grader === null ? null : readGraderFile(options.grader);
  const training = await checked(options.training, grader, null);
  const name = methodOf(training.kind, grader);
  if (!profile.methods.includes(name)) {
    throw new CommandFailure({
      code: 'method-unknown',
      message: `The rows are for ${name === 'dpo' ? 'preference (DPO)' : name} training, which ${connection.name} does not offer.`,
      action: 'Use another connection.',
    });
  }
  let validation: FileCheck | null = null;
  if (options.validation !== null) {
    validation = await checked(options.validation, grader, options.training);
    if (methodOf(validation.kind, grader) !== name) {
      throw new CommandFailure({
        code: 'other-kind',
        message: `${path.basename(options.validation)} holds rows of another kind than ${path.basename(options.training)}.`,
        action: 'Give a validation file of the same kind.',
      });
    }
  }
  const method: JobMethod = {
    name,
    hyperparameters: options.hyperparameters,
    ...(grader === null ? {} : { grader: grader.value }),
  };
  return {
    connection,
    model,
    suffix,
    method,
    training,
    validation,
    estimate: estimateOf(options, connection, model, training, name, ownPrices),
  };
}

const METHOD_OF: Partial<Readonly<Record<ExampleKind, MethodName>>> = {
  chat: 'supervised',
  preference: 'dpo',
  reinforcement: 'reinforcement',
};

/** What the rows are for is told by their form. */
function methodOf(kind: ExampleKind | null, grader: CheckedGrader | null): MethodName {
  const name = grader === null ? METHOD_OF[kind ?? 'unknown'] : 'reinforcement';
  if (name === 'reinforcement' && grader === null)
    throw new UsageError('The rows have no answers to learn: --grader names the file that judges what the model says.');
  // The rows of every other kind are errors already.
  return name ?? 'supervised';
}

/** `training`: the file that is trained on, when this is the other one. @throws CommandFailure when it has errors */
async function checked(file: string, grader: CheckedGrader | null, training: string | null): Promise<FileCheck> {
  try {
    const result = await checkFile(file, {
      figures: training === null,
      hashed: true,
      // Ten examples are what training needs; a validation file may have fewer.
      ...(training === null ? {} : { minExamples: 0, against: training }),
      ...(grader === null ? {} : { grader: grader.value }),
    });
    const shown = result.findings.filter(({ severity }) => severity !== 'information');
    if (shown.length > 0) say(`${asText(shortened(shown))}${totals(result.findings)}`);
    const errors = shown.filter(({ severity }) => severity === 'error').length;
    if (errors === 0) return result;
    throw new CommandFailure({
      code: 'dataset-errors',
      message: `${path.basename(file)} has ${String(errors)} ${errors === 1 ? 'error' : 'errors'}, so nothing was started.`,
      action: 'Mend the lines above.',
    });
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    throw new CommandFailure({ code: 'file-unreadable', message: error.message, action: 'Check its name.' });
  }
}

/** More are for `check`. */
const MOST_FINDINGS = 50;

function shortened(findings: readonly Printed[]): readonly Printed[] {
  const errors = findings.filter(({ severity }) => severity === 'error');
  return (errors.length > 0 ? errors : findings).slice(0, MOST_FINDINGS);
}

function readGraderFile(file: string): CheckedGrader {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new CommandFailure({
      code: 'file-unreadable',
      message: `${file} cannot be read.`,
      action: 'Check its name.',
    });
  }
  const parsed = parseGraderFile(text);
  if (parsed.ok) return parsed.value;
  throw new CommandFailure(parsed.error);
}

function estimateOf(
  options: TuneOptions,
  connection: Connection,
  model: string,
  training: FileCheck,
  method: MethodName,
  ownPrices: Limits['prices'],
): CostEstimate {
  const { n_epochs } = options.hyperparameters;
  const epochs = n_epochs === 'auto' ? automaticEpochs(training.examples) : n_epochs;
  if (isFree(connection, model)) {
    const free = estimateCost(model, training.tokens ?? 0, epochs, { connection: 'local' });
    // The local engine chooses its epochs by the validation loss, so only the price is known beforehand.
    return n_epochs === 'auto' ? { ...free, sentence: 'Free: trained on this machine.' } : free;
  }
  if (method === 'reinforcement') return hourlyEstimate(model, (training.tokens ?? 0) * epochs);
  const prices = priceTable(options.price === null ? ownPrices : { ...ownPrices, [model]: options.price });
  if (training.tokens !== null)
    return estimateCost(model, training.tokens, epochs, { connection: connection.kind, prices });
  return {
    trainedTokens: 0,
    usd: null,
    priceDate: null,
    sentence: 'Price unknown: the formula does not cover rows of this kind.',
  };
}

const CAP_SETTING = "the cap in VS Code's settings (tuningFork.cost.cap)";

/**
 * Nothing is asked here, so what costs money has to be allowed beforehand. The editor's cap allows nothing by itself, since the editor
 * asks besides; whoever writes --max-cost has the last word, and is told of a lower cap.
 * @param cap the editor's, in US dollars; null when there is none
 * @throws CommandFailure with exit code 3
 */
export function refuseAboveMaxCost(usd: number | null, sentence: string, maxCost: MaxCost, cap: number | null): void {
  if (usd === 0) return;
  if (maxCost === 'cap' && cap === null) {
    refuse(
      'price-cap-unknown',
      'No cap is known here: tuningFork.cost.cap is not set in VS Code, or VS Code has not been used since.',
      'Name an amount with --max-cost USD.',
    );
  }
  const override = typeof maxCost === 'number' ? maxCost : null;
  const refusal = priceRefusal({ usd, cap, override });
  if (refusal?.reason === 'unknown-amount' || (usd === null && maxCost === null)) {
    refuse(
      'price-unknown',
      sentence,
      'Say what a million trained tokens cost with --price USD, or allow any amount with --max-cost none.',
    );
  }
  if (usd !== null && refusal?.limitFrom === 'cap') {
    refuse(
      'above-price-cap',
      `This would cost about ${dollars(usd)}, and ${CAP_SETTING} is ${dollars(refusal.limit)}. ${sentence}`,
      `Use fewer epochs, fewer rows or a cheaper model, or allow this start with --max-cost ${cents(usd)}.`,
    );
  }
  if (usd !== null && refusal?.limitFrom === 'override') {
    refuse(
      'above-price-cap',
      `This would cost about ${dollars(usd)}, and --max-cost allows ${dollars(refusal.limit)}. ${sentence}`,
      'Use fewer epochs, fewer rows or a cheaper model, or allow more.',
    );
  }
  if (usd !== null && maxCost === null)
    refuse('price-not-allowed', `This would cost money. ${sentence}`, `Allow it with --max-cost ${cents(usd)}.`);
  if (cap !== null && override !== null && override > cap)
    say(`Note that ${CAP_SETTING} is ${dollars(cap)}; --max-cost goes before it.`);
}

function refuse(code: string, message: string, action: string): never {
  throw new CommandFailure({ code, message, action }, EXIT.price);
}

/** Rounded up, so that it is enough. */
function cents(usd: number): string {
  return (Math.ceil(usd * 100) / 100).toFixed(2);
}
