// Points of an open-weights model beside the data curve of a file, when they are asked for.
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { t } from '../../../core/base/messages.ts';
import { priceTable } from '../../../core/cost/prices.ts';
import type { CurvePoint, DataCurve } from '../../../core/dataset/dataCurve/dataCurve.ts';
import { modelPoint, plannedPoints } from '../../../core/dataset/dataCurve/modelPoints.ts';
import { LOCAL_BASE_MODEL } from '../../../core/provider/localModel.ts';
import { LOCAL_CONNECTION } from '../../../connections/store.ts';
import { newIntentId } from '../../../jobs/start/intentJournal.ts';
import { isSetUp } from '../../../openWeights/places.ts';
import { COMMANDS } from '../../contributions.ts';
import { withRemedy } from '../../connections/providers.ts';
import { baseModelChoices } from '../../fineTuning/wizard/baseModels.ts';
import type { Services } from '../../services.ts';
import { Cancelled, inert, ProblemError } from '../../ui/errors.ts';
import { withCancel } from '../../ui/progress.ts';
import { requireTrust } from '../../ui/trust.ts';
import { writeDataParts } from '../moreData.ts';
import { errorsOf } from './pointQuestions.ts';
import { trainOnParts, type TrainingServices } from './pointTrainings.ts';

export type ModelPointsServices = TrainingServices & Pick<Services, 'context'>;

/** Files of a data curve. */
export interface CurveFiles {
  readonly training: string;
  /** File that errors are measured on; null: rows of the training file. */
  readonly validation: string | null;
}

/**
 * Asks which open-weights model of *Local* is trained, and says what will happen.
 * @returns its name
 * @throws Cancelled when the user does not start; ProblemError in Restricted Mode, and where there is no such model, with the way to one
 */
export async function askForModel(
  services: Pick<ModelPointsServices, 'ui' | 'providers' | 'folder'>,
  file: string,
  curve: DataCurve,
): Promise<string> {
  requireTrust();
  const model = await chooseModel(services);
  const { rows, tested } = plannedPoints(curve);
  const [quarter = 0, half = 0, whole = 0] = rows;
  const start = t('Start');
  const chosen = await services.ui.modal(
    inert(t('Train {0} on parts of {1}?', model, path.basename(file))),
    [
      t(
        'This machine trains it {0} times, one after the other, on {1}, {2} and {3} rows.',
        rows.length,
        quarter,
        half,
        whole,
      ),
      t('Then each of the tuned models is asked {0} rows that it has not seen.', tested),
      t('It is free and takes minutes to hours. The jobs are in the Jobs view, and their models are kept.'),
      t('You can cancel it in the report at any time; closing the report or reading the file again cancels it, too.'),
    ].join(' '),
    start,
  );
  if (chosen !== start) throw new Cancelled();
  return model;
}

async function chooseModel({ ui, providers, folder }: Parameters<typeof askForModel>[0]): Promise<string> {
  const models = await modelsHere({ ui, providers, folder });
  const [first] = models;
  if (first === undefined) throw noModel(isSetUp(folder));
  // A question with one answer is none; what will happen names it.
  if (models.length === 1) return first.value;
  const chosen = await ui.pick(models, {
    title: t('Add Points of an Open-Weights Model'),
    placeHolder: t('Which model should be trained on parts of the rows?'),
    ignoreFocusOut: true,
  });
  if (chosen === undefined) throw new Cancelled();
  return chosen.value;
}

/** Base models as the wizard lists them, without the linear baseline, whose curve it is. */
async function modelsHere({ ui, providers, folder }: Parameters<typeof askForModel>[0]) {
  try {
    const choices = await withCancel(ui, t('Loading models of {0}…', LOCAL_CONNECTION.name), async (signal) =>
      baseModelChoices(LOCAL_CONNECTION, await providers.get(LOCAL_CONNECTION.id), priceTable({}), signal, {
        method: 'supervised',
        isSetUp: isSetUp(folder),
      }),
    );
    return choices.flatMap((choice) =>
      typeof choice.value === 'string' && choice.value !== LOCAL_BASE_MODEL ? [{ ...choice, value: choice.value }] : [],
    );
  } catch (error) {
    throw withRemedy(error, LOCAL_CONNECTION);
  }
}

function noModel(hasEnvironment: boolean): ProblemError {
  return hasEnvironment
    ? new ProblemError(
        {
          code: 'no-open-weights-model',
          message: t('There is no open-weights model on this machine yet.'),
          action: t('Add one, then add its points.'),
        },
        { title: t('Add Open-Weights Model…'), command: COMMANDS.addOpenWeightsModel },
      )
    : new ProblemError(
        {
          code: 'not-set-up',
          message: t('Open-weights training is not set up on this machine.'),
          action: t('Set it up and add a model, then add its points.'),
        },
        { title: t('Set Up Open-Weights Training…'), command: COMMANDS.setUpOpenWeights },
      );
}

interface Listeners {
  /** Says what goes on, and the share of it that is done, 0…1. */
  readonly onProgress: (text: string, fraction: number) => void;
  /** Told for each model when all its rows are answered. */
  readonly onPoint: (point: CurvePoint, tested: number) => void;
}

/**
 * Trains the model on parts of the rows, then asks each tuned model the rows that are held back.
 * @throws ProblemError, ProviderFailure or the problem of a file that cannot be read; the signal's reason when aborted, with the running
 *   job canceled
 */
export async function measureModelPoints(
  services: ModelPointsServices,
  { files, model, curve }: { readonly files: CurveFiles; readonly model: string; readonly curve: DataCurve },
  signal: AbortSignal,
  { onProgress, onPoint }: Listeners,
): Promise<void> {
  const staging = path.join(services.folder, 'staging', newIntentId());
  try {
    onProgress(t('writing parts of the rows'), 0);
    await mkdir(staging, { recursive: true });
    await services.jobs.load();
    const data = await writeDataParts(services, files, staging, signal);
    refuseChanged(files.training, data.parts.at(-1)?.rows ?? 0, curve);
    const order = { model, file: files.training, sha256: data.sha256 };
    const tuned = await trainOnParts(services, order, data.parts, signal, onProgress);
    const provider = await services.providers.get(LOCAL_CONNECTION.id);
    const tested = data.held.length;
    for (const [index, { rows }] of data.parts.entries()) {
      const tell = (answered: number): void => {
        onProgress(
          t('asking model {0} of {1}, {2} of {3} rows', index + 1, tuned.length, answered, tested),
          (index + answered / tested) / tuned.length,
        );
      };
      tell(0);
      const errors = await errorsOf(provider, tuned[index] ?? '', data, curve.kind, signal, tell);
      onPoint(modelPoint(rows, errors, curve.kind), tested);
    }
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Points of other rows do not belong beside the curve. */
function refuseChanged(file: string, rows: number, curve: DataCurve): void {
  if (rows === curve.points.at(-1)?.rows) return;
  throw new ProblemError({
    code: 'file-changed',
    message: t('{0} has changed since its curve was measured.', path.basename(file)),
    action: t('Read the report again and measure it first.'),
  });
}
