import { stat } from 'node:fs/promises';
import path from 'node:path';
import { t } from '../../core/base/messages.ts';
import { jobTitle } from '../../core/training/words/describe.ts';
import { stopsEarly } from '../../core/training/earlyStop.ts';
import { readAdvanced } from '../../core/training/advanced.ts';
import { checkGrader } from '../../core/training/graderSchema.ts';
import type { Hyperparameters, JobMethod, WandbTarget } from '../../core/training/job.ts';
import { intentsFolder, readIntent } from '../../jobs/start/intentJournal.ts';
import { replayIntent } from '../../jobs/start/intentState.ts';
import type { JobRecord } from '../../jobs/store/jobRecord.ts';
import { hashOfFile } from '../../jobs/start/snapshot.ts';
import { LOCAL_CONNECTION } from '../../connections/store.ts';
import { browseForFile, toPath } from '../datasets/files.ts';
import { Cancelled } from '../ui/errors.ts';
import type { Ui } from '../ui/ui.ts';
import { requireTrust } from '../ui/trust.ts';
import { isAutomatic } from '../../core/training/words/hyperparametersText.ts';
import type { OpenQuestion } from './wizard/tuningSteps.ts';
import type { TuningPlan, ValidationChoice } from './wizard/tuningPlan.ts';
import { chooseJob } from '../jobs/commands/chooseJob.ts';
import type { SourceFacts, StartServices } from './runStart.ts';
import { askAndStart, planFor } from './startFineTuning.ts';

/** Opens the wizard at its summary with the dataset and the settings of an earlier job. `changes`: `{ epochs }`, untrusted. */
export async function startAgain(services: StartServices, arg: unknown, changes?: unknown): Promise<void> {
  requireTrust();
  const record = await chooseJob(services, arg, {
    title: t('Start Job Again with Same Settings'),
    none: t('There is no job with settings to use again.'),
  });
  const again = await planOfJob(services, record, changes);
  await askAndStart(services, t('Start {0} Again', again.title), again.plan, again);
}

/** Plan with the dataset and the settings of an earlier job, and what has to be asked. */
export async function planOfJob(
  services: StartServices,
  record: JobRecord,
  changes?: unknown,
): Promise<{
  readonly title: string;
  readonly plan: TuningPlan;
  readonly first: readonly OpenQuestion[];
  readonly source?: SourceFacts;
}> {
  const title = jobTitle(record.job, record.local.name);
  const splitSeed = await splitSeedOf(services.folder, record);
  const { training, source } = await datasetOf(services.ui, record, title);
  const connection = (await services.connections.get(record.connectionId)) ?? LOCAL_CONNECTION;
  const removed = connection.id !== record.connectionId;
  const settings = withEpochs(await settingsOf(services.folder, record), changes);
  // The whole dataset is split again: its validation part, kept from the last time, would be trained on and measured with.
  const validation: ValidationChoice =
    splitSeed !== null && source === null ? { kind: 'split', seed: splitSeed } : await validationOf(record);
  const plan = await planFor(services, training, { ...settings, connection, validation });
  return {
    title,
    plan: removed ? { ...plan, model: '' } : plan,
    // A removed connection or another dataset: the questions are asked from there.
    first: removed ? ['connection'] : record.local.trainingPath === null ? ['validation'] : [],
    ...(source === null ? {} : { source: { ...source, splitSeed, name: record.local.name } }),
  };
}

type Settings = Pick<
  TuningPlan,
  | 'model'
  | 'automatic'
  | 'hyperparameters'
  | 'advanced'
  | 'suffix'
  | 'seed'
  | 'wandbProject'
  | 'wandb'
  | 'metadata'
  | 'grader'
  | 'stopEarly'
>;

/** Settings with another number of epochs, as a hint of the charts proposes it. */
function withEpochs(settings: Settings, changes: unknown): Settings {
  if (typeof changes !== 'object' || changes === null || !('epochs' in changes)) return settings;
  const { epochs } = changes;
  if (typeof epochs !== 'number' || !Number.isInteger(epochs) || epochs < 1) return settings;
  return { ...settings, automatic: false, hyperparameters: { ...settings.hyperparameters, n_epochs: epochs } };
}

/** Requested settings, from the journal of the start; without one, the settings that the provider reports. */
async function settingsOf(folder: string, { job, local }: JobRecord): Promise<Settings> {
  const records =
    local.intentId === null ? [] : await readIntent(intentsFolder(folder), local.intentId).catch(() => []);
  const asked = replayIntent(local.intentId ?? '', records).planned?.params as
    | Partial<{ method: JobMethod; wandb: WandbTarget | null; seed: number | null; metadata: Record<string, string> }>
    | undefined;
  const hyperparameters: Hyperparameters = asked?.method?.hyperparameters ?? job.hyperparameters;
  const wandb = asked?.wandb ?? job.wandb ?? null;
  const metadata = asked?.metadata ?? job.metadata;
  const grader = checkGrader(asked?.method?.grader ?? job.grader);
  return {
    model: job.model,
    automatic: isAutomatic(hyperparameters),
    hyperparameters,
    // The journal of a start says all that was asked for, also where that was nothing.
    advanced: readAdvanced(asked?.method === undefined ? job.advanced : asked.method.advanced),
    suffix: job.suffix ?? '',
    seed: asked?.seed === undefined ? job.seed : asked.seed,
    wandbProject: wandb?.project ?? '',
    wandb: { entity: wandb?.entity ?? '', name: wandb?.name ?? '', tags: wandb?.tags ?? [] },
    stopEarly: stopsEarly(metadata),
    metadata: Object.fromEntries(Object.entries(metadata).filter(([key]) => !key.startsWith('tuning_fork_'))),
    grader: grader.ok ? { ...grader.value, path: null } : null,
  };
}

/** Seed of *Split this file* in the start of a job; null when its validation examples came from elsewhere. */
async function splitSeedOf(folder: string, { local }: JobRecord): Promise<number | null> {
  if (local.splitSeed !== null) return local.splitSeed;
  // Records of earlier versions lack the seed, but their journals tell: the parts were in a folder of the start. A start from the copies
  // of another one leads to that one's journal.
  const seen = new Set<string>();
  for (let id = local.intentId; id !== null && !seen.has(id);) {
    seen.add(id);
    const { planned } = replayIntent(id, await readIntent(intentsFolder(folder), id).catch(() => []));
    if (!planned) return null;
    if (placeIn(path.join(folder, 'staging'), planned.trainingPath) !== null) {
      const { seed } = planned.params as { readonly seed?: number | null };
      return seed ?? 0;
    }
    id = placeIn(path.join(folder, 'snapshots'), planned.trainingPath);
  }
  return null;
}

/** Name of the folder in `parent` that holds the file; null when it is elsewhere. */
function placeIn(parent: string, file: string): string | null {
  const [first = '..'] = path.relative(parent, file).split(path.sep);
  return first === '..' || path.isAbsolute(first) ? null : first;
}

async function validationOf({ local }: JobRecord): Promise<TuningPlan['validation']> {
  const copy = local.validationPath;
  return copy !== null && (await exists(copy)) ? { kind: 'file', path: copy } : { kind: 'none' };
}

/** Uploaded copy of the dataset; when the dataset has changed since, the user chooses between both. */
async function datasetOf(
  ui: Ui,
  { local }: JobRecord,
  title: string,
): Promise<{ readonly training: string; readonly source: Omit<SourceFacts, 'name' | 'splitSeed'> | null }> {
  const copy = local.trainingPath !== null && (await exists(local.trainingPath)) ? local.trainingPath : null;
  const source = local.sourcePath !== null && (await exists(local.sourcePath)) ? local.sourcePath : null;
  if (copy === null) {
    // A job of another tool, or its copy was deleted.
    return {
      training: source ?? toPath(await browseForFile(ui, t('Choose the training file to start {0} again', title))),
      source: null,
    };
  }
  const asUploaded = { training: copy, source: { sourcePath: local.sourcePath, sourceSha256: local.sourceSha256 } };
  if (source === null || (await hashOfFile(source)) === local.sourceSha256) return asUploaded;
  const name = path.basename(source);
  const choice = await ui.pick(
    [
      { label: t('As uploaded'), description: t('the original copy'), now: false },
      { label: t('As it is now'), description: source, now: true },
    ],
    {
      title: t('Start {0} Again', title),
      placeHolder: t('{0} has changed since it was uploaded. Which version?', name),
      ignoreFocusOut: true,
    },
  );
  if (!choice) throw new Cancelled();
  return choice.now ? { training: source, source: null } : asUploaded;
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
