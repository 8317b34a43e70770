import { readFileSync } from 'node:fs';
import path from 'node:path';
import { listOf, t, tn } from '../core/base/messages.ts';
import { isServedHere, type Connection } from '../core/provider/connection.ts';
import { whyNoTraining } from '../core/provider/connection.ts';
import { methodsOf, profileOf, systemRowsWarning, takesAdvanced } from '../core/provider/profiles.ts';
import { quotedPrice } from '../core/training/jobCost.ts';
import { automaticEpochs, estimateCost, type CostEstimate } from '../core/cost/estimate.ts';
import { hourlyEstimate } from '../core/cost/hourly.ts';
import { uncountedEstimate } from '../core/cost/uncounted.ts';
import { priceTable } from '../core/cost/prices.ts';
import type { ExampleKind } from '../core/dataset/kind.ts';
import { isFree, LOCAL_BASE_MODEL } from '../core/provider/localModel.ts';
import { parseGraderFile, type CheckedGrader } from '../core/training/graderSchema.ts';
import { validateHyperparameter, validateSeed, validateSuffix } from '../core/training/hyperparameters.ts';
import { ADVANCED, checkAdvanced, parseAdvanced } from '../core/training/advanced.ts';
import { whyNotComputed } from '../core/training/computedGraders.ts';
import type { AdvancedSettings, JobMethod, MethodName } from '../core/training/job.ts';
import type { Limits } from '../connections/limits.ts';
import { checkFile, type FileCheck } from './checkFile.ts';
import { FileProblem } from './datasetFile.ts';
import { asText, totals, type Printed } from './findings.ts';
import { CommandFailure, FORMATS, formatOf, numberOf, parseOptions, UsageError, valid } from './options.ts';
import { maxCostOf, type MaxCost } from './maxCost.ts';
import { TARGET_OPTIONS, type TargetValues } from './target.ts';
import { say, visible } from './terminal.ts';

export interface TuneOptions {
  /** Absolute paths. */
  readonly training: string;
  readonly validation: string | null;
  readonly grader: string | null;
  readonly target: TargetValues;
  readonly model: string | null;
  readonly suffix: string;
  /** The job is to stop by itself when validation gets worse. */
  readonly stopEarly: boolean;
  readonly seed: number | null;
  readonly hyperparameters: JobMethod['hyperparameters'];
  readonly advanced: AdvancedSettings;
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
    advanced: { type: 'string', multiple: true, default: [] },
    'stop-early': { type: 'boolean', default: false },
    'max-cost': { type: 'string' },
    price: { type: 'string' },
    wait: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
    'start-again': { type: 'boolean', default: false },
    forget: { type: 'boolean', default: false },
  });
  const [training, more] = positionals;
  if (training === undefined) throw new UsageError(t('TRAIN, the file to train on, is missing.'));
  if (more !== undefined)
    throw new UsageError(
      t('tune takes one training file, so {0} is not understood; --validation names a second file.', more),
    );
  if (values.forget && values.resume) throw new UsageError(t('--resume and --forget cannot both be given.'));
  if (values['start-again'] && !values.resume) throw new UsageError(t('--start-again needs --resume.'));
  const resolved = (file: string | undefined): string | null => (file === undefined ? null : path.resolve(file));
  if (resolved(values.validation) === path.resolve(training))
    throw new UsageError(t('The validation file is the training file, so its loss would say nothing.'));
  if (values['stop-early'] && values.validation === undefined)
    throw new UsageError(t('--stop-early needs --validation: the rule watches the validation loss.'));
  return {
    training: path.resolve(training),
    validation: resolved(values.validation),
    grader: resolved(values.grader),
    target: values,
    model: values.model ?? null,
    suffix: values.suffix,
    stopEarly: values['stop-early'],
    seed: valid(validateSeed(values.seed)),
    hyperparameters: {
      n_epochs: valid(validateHyperparameter('n_epochs', values.epochs)),
      batch_size: valid(validateHyperparameter('batch_size', values['batch-size'])),
      learning_rate_multiplier: valid(
        validateHyperparameter('learning_rate_multiplier', values['learning-rate-multiplier']),
      ),
    },
    advanced: advancedIn(values.advanced),
    maxCost: maxCostOf(values['max-cost']),
    price:
      values.price === undefined
        ? null
        : numberOf(values.price, t('{0} is not a price in US dollars.', values.price), { integer: false }),
    wait: values.wait,
    resume: values.resume,
    startAgain: values['start-again'],
    forget: values.forget,
    format: formatOf(values.format, FORMATS),
  };
}

/** Settings in `NAME=VALUE`, one an option. @throws UsageError */
function advancedIn(options: readonly string[]): AdvancedSettings {
  const entries = options.map((option) => {
    const at = option.indexOf('=');
    const name = option.slice(0, Math.max(at, 0));
    const rule = ADVANCED.find((candidate) => candidate.name === name);
    if (!rule)
      throw new UsageError(
        t(
          '--advanced takes NAME=VALUE with one of the names {0}.',
          listOf(
            ADVANCED.map((one) => one.name),
            'or',
          ),
        ),
      );
    return [rule.name, valid(parseAdvanced(rule.name, option.slice(at + 1)))] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

export interface TunePlan {
  readonly connection: Connection;
  readonly model: string;
  readonly suffix: string | null;
  readonly method: JobMethod;
  readonly training: FileCheck;
  readonly validation: FileCheck | null;
  readonly estimate: CostEstimate;
  /** US dollars, kept with the job; null: not known. */
  readonly priceEstimate: number | null;
}

/**
 * Checks the files as `check` does and plans the job with its cost.
 * @param ownPrices prices of the editor's settings
 * @throws CommandFailure, UsageError
 */
export async function planTuning(
  options: TuneOptions,
  connection: Connection,
  ownPrices: Limits['prices'],
): Promise<TunePlan> {
  const profile = profileOf(connection.kind);
  const model = options.model ?? (connection.kind === 'local' ? LOCAL_BASE_MODEL : null);
  if (model === null) throw new UsageError(t('--model, the name of the base model at the provider, is missing.'));
  const suffix = valid(validateSuffix(options.suffix, profile.suffix));
  const closed = whyNoTraining(connection);
  if (closed !== null)
    throw new CommandFailure({ code: 'training-closed', message: closed, action: t('Use another connection.') });

  if (options.stopEarly && !isServedHere(connection)) {
    throw new CommandFailure({
      code: 'early-stop-unknown',
      message: t('{0} does not stop a job by itself when validation gets worse.', connection.name),
      action: t('Leave out --stop-early.'),
    });
  }
  const grader = options.grader === null ? null : readGraderFile(options.grader);
  const training = await checked(options.training, grader, null);
  const name = methodOf(training.kind, grader);
  if (!methodsOf(profile, model).includes(name)) {
    throw new CommandFailure({
      code: 'method-unknown',
      message: notOffered(name, connection.kind === 'local' ? model : connection.name),
      action:
        connection.kind === 'local' ? t('Name an open-weights model with --model.') : t('Use another connection.'),
    });
  }
  const refused = grader !== null && profile.graders === 'computed' ? whyNotComputed(grader.value) : null;
  if (refused !== null) throw new CommandFailure(refused);
  const advanced = checkAdvanced(options.advanced, { method: name, batchSize: options.hyperparameters.batch_size });
  if (!advanced.ok) throw new UsageError(advanced.error.message);
  if (Object.keys(advanced.value).length > 0 && !takesAdvanced(profile, model))
    throw new UsageError(t('{0} has no advanced settings.', model));
  const unwanted = systemRowsWarning(profile, name === 'reinforcement' ? training.systemRows : 0, connection.name);
  if (unwanted !== null) say(visible(t('Warning: {0}', unwanted)));
  let validation: FileCheck | null = null;
  if (options.validation !== null) {
    validation = await checked(options.validation, grader, options.training);
    if (methodOf(validation.kind, grader) !== name) {
      throw new CommandFailure({
        code: 'other-kind',
        message: t(
          '{0} has examples of another kind than {1}.',
          path.basename(options.validation),
          path.basename(options.training),
        ),
        action: t('Use a validation file of the same kind.'),
      });
    }
  }
  const method: JobMethod = {
    name,
    hyperparameters: options.hyperparameters,
    ...(grader === null ? {} : { grader: grader.value }),
    ...(Object.keys(advanced.value).length > 0 ? { advanced: advanced.value } : {}),
  };
  const estimate = estimateOf(options, connection, model, training, name, ownPrices);
  const priceEstimate = quotedPrice(connection, estimate);
  return { connection, model, suffix, method, training, validation, estimate, priceEstimate };
}

function notOffered(method: MethodName, connection: string): string {
  switch (method) {
    case 'supervised':
      return t('The examples are for supervised training, which {0} does not offer.', connection);
    case 'dpo':
      return t('The examples are for preference (DPO) training, which {0} does not offer.', connection);
    case 'reinforcement':
      return t('The examples are for reinforcement training, which {0} does not offer.', connection);
  }
}

const METHOD_OF: Partial<Readonly<Record<ExampleKind, MethodName>>> = {
  chat: 'supervised',
  preference: 'dpo',
  reinforcement: 'reinforcement',
};

/** Finds the method from the form of the examples. */
function methodOf(kind: ExampleKind | null, grader: CheckedGrader | null): MethodName {
  const name = grader === null ? METHOD_OF[kind ?? 'unknown'] : 'reinforcement';
  if (name === 'reinforcement' && grader === null)
    throw new UsageError(
      t("The examples have no answers to learn: --grader names the file that rates the model's answers."),
    );
  // Lines of every other kind are errors already.
  return name ?? 'supervised';
}

/** Checks a file. `training`: the training file, when this is the validation file. @throws CommandFailure when it has errors */
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
      message: tn(
        errors,
        '{1} has {0} error, so nothing was started.',
        '{1} has {0} errors, so nothing was started.',
        path.basename(file),
      ),
      action: t('Fix the lines above.'),
    });
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    throw new CommandFailure({ code: 'file-unreadable', message: error.message, action: t('Check its name.') });
  }
}

/** Most findings that are shown; `check` shows all. */
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
      message: t('{0} cannot be read.', file),
      action: t('Check its name.'),
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
    const free = estimateCost(model, training.tokens ?? 0, epochs, {
      connection: connection.kind === 'ray' ? 'ray' : 'local',
    });
    // The local engine chooses its epochs by the validation loss, so only the price is known beforehand.
    return n_epochs === 'auto' && connection.kind !== 'ray'
      ? { ...free, sentence: t('Free: trained on this machine.') }
      : free;
  }
  if (method === 'reinforcement') return hourlyEstimate(model, (training.tokens ?? 0) * epochs);
  const prices = priceTable(options.price === null ? ownPrices : { ...ownPrices, [model]: options.price });
  if (training.tokens !== null)
    return estimateCost(model, training.tokens, epochs, {
      connection: connection.kind,
      prices,
      toolTokensPerEpoch: training.toolTokens,
    });
  return uncountedEstimate();
}
