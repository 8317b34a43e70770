import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { t, tn } from '../core/base/messages.ts';
import type { Connection } from '../core/provider/connection.ts';
import { datasetName } from '../core/dataset/fileNames.ts';
import { EARLY_STOP_METADATA } from '../core/training/earlyStop.ts';
import type { Provider } from '../core/provider/api.ts';
import type { Result } from '../core/base/result.ts';
import { newIntentId } from '../jobs/start/intentJournal.ts';
import { readLimits } from '../connections/limits.ts';
import {
  dismissStart,
  LOOK_FOR_LOST_MS,
  resumeStart,
  unfinishedStarts,
  type UnfinishedStart,
} from '../jobs/start/recovery.ts';
import {
  startJob,
  type StartedJob,
  type StartJobDeps,
  type StartJobInput,
  type StartStage,
} from '../jobs/start/startJob.ts';
import { storageProblem } from '../storage/storageProblem.ts';
import { follow, jobObject, outcomeOf, resultLine, watchAtNextLaunch } from './follow.ts';
import { CommandFailure, EXIT } from './options.ts';
import { openStorage, providerOf, targetOf, type Storage, type Target } from './target.ts';
import { createProgress, inWords, onInterrupt, print, say, visible, withProblemObject } from './terminal.ts';
import { refuseAboveMaxCost } from './maxCost.ts';
import { planTuning, readTuneOptions, type TuneOptions, type TunePlan } from './tunePlan.ts';

/** Checks, prices and runs the extension's saga: snapshot, upload, create; with --wait until the job has ended. Returns the exit code. */
export async function tune(args: readonly string[]): Promise<number> {
  const options = readTuneOptions(args);
  return withProblemObject(options.format, () => run(options));
}

async function run(options: TuneOptions): Promise<number> {
  const storage = openStorage(options.target);
  const target = await targetOf(options.target, storage);
  const interrupted = await interruptedStart(options, target, storage);
  const { limits, problem } = await readLimits(storage.folder);
  if (problem !== null) say(inWords(problem));
  const plan = await planTuning(options, target.connection, limits.prices);
  const { estimate } = plan;
  // A job that was requested already is looked for; that costs nothing more.
  const asked = interrupted?.stage === 'unknown' || interrupted?.stage === 'created';
  if (!asked || options.startAgain) {
    refuseAboveMaxCost(interrupted?.priceQuote ?? estimate.usd, estimate.sentence, options.maxCost, limits.cap, {
      ifUnknown: t(
        'Give the price of a million trained tokens with --price USD, or allow any amount with --max-cost none.',
      ),
      orMore: t('Use fewer epochs, fewer examples or a cheaper model, or allow more.'),
      orAllow: (usd) =>
        t('Use fewer epochs, fewer examples or a cheaper model, or allow this start with --max-cost {0}.', usd),
    });
  }
  const provider = valueOf(await providerOf(target.connection, storage));
  const connection = await keptConnection(target, storage);

  await storage.jobs.load();
  const started = await begin(options, { ...plan, connection }, interrupted, provider, storage);
  const { job, adopted, duplicates } = started;
  await watchAtNextLaunch(connection.id, storage);
  const sentence = adopted
    ? t(
        'The job {0} was started at {1} on {2} and found again after its answer was lost.',
        job.id,
        connection.name,
        job.model,
      )
    : t('The job {0} was started at {1} on {2}.', job.id, connection.name, job.model);
  say(visible(`${sentence} ${estimate.sentence}`));
  for (const { id } of duplicates) {
    say(visible(t('The provider made another job of this start: {0}. Cancel the one that you do not want.', id)));
  }
  const ended = options.wait ? await follow({ connection, job, provider, storage }) : null;
  const last = ended?.job ?? job;
  if (options.format === 'json') {
    const more = { adopted, priceEstimate: plan.priceEstimate, duplicates: duplicates.map(({ id }) => id) };
    print(`${JSON.stringify({ ...jobObject(last, connection), ...more }, null, 2)}\n`);
  } else print(`${resultLine(last)}\n`);
  return ended === null ? EXIT.ok : ended.interrupted ? EXIT.interrupted : outcomeOf(last);
}

/** Finds the interrupted start of this file on this connection, when the user wants to resume it. */
async function interruptedStart(
  options: TuneOptions,
  { connection, saved }: Target,
  { folder }: Storage,
): Promise<UnfinishedStart | null> {
  if (!saved) return null;
  const starts = (await unfinishedStarts(folder)).filter(
    (start) => start.connectionId === connection.id && start.trainingPath === options.training,
  );
  const [start, ...others] = starts;
  if (start === undefined) return null;
  if (options.forget) {
    for (const one of starts) await dismissStart(one.intentId, { folder });
    return null;
  }
  if (options.resume) {
    if (others.length > 0)
      say(
        tn(
          others.length,
          '{0} more start of this file was interrupted.',
          '{0} more starts of this file were interrupted.',
        ),
      );
    return start;
  }
  const when = `${new Date(start.startedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const asked = start.stage === 'unknown' || start.stage === 'created';
  throw new CommandFailure({
    code: 'start-interrupted',
    message: asked
      ? t(
          'A start of this file at {0} was interrupted ({1}) after the job was requested, so there may be one.',
          connection.name,
          when,
        )
      : t('A start of this file at {0} was interrupted ({1}) before a job was requested.', connection.name, when),
    action: t('Resume it with --resume, or discard it and start again with --forget.'),
  });
}

/** Saves the address as a connection: the tree shows only jobs of connections. */
async function keptConnection({ connection, saved }: Target, { folder, connections }: Storage): Promise<Connection> {
  try {
    await mkdir(folder, { recursive: true });
    if (saved) return connection;
    const { kind, name, baseUrl } = connection;
    const added = await connections.add({ kind, name, baseUrl });
    say(visible(t('{0} is now one of the connections.', name)));
    return added;
  } catch (error) {
    const problem = storageProblem(error, folder);
    throw problem === null ? error : new CommandFailure(problem);
  }
}

const STAGES: Readonly<Record<StartStage, () => string>> = {
  reading: () => t('Reading the dataset…'),
  uploading: () => t('Uploading…'),
  creating: () => t('Creating the job…'),
  processing: () => t('Waiting until the provider has processed the files…'),
  reconciling: () => t('The answer was lost. Looking for the job at the provider…'),
};

async function begin(
  options: TuneOptions,
  plan: TunePlan,
  interrupted: UnfinishedStart | null,
  provider: Provider,
  storage: Storage,
): Promise<StartedJob> {
  const progress = createProgress();
  const abort = new AbortController();
  const release = onInterrupt(() => {
    abort.abort();
  });
  const deps: StartJobDeps = {
    provider,
    folder: storage.folder,
    jobs: storage.jobs,
    signal: abort.signal,
    onProgress: ({ stage, fraction }) => {
      progress.show(STAGES[stage]());
      const percent = Math.round(fraction * 100);
      if (stage === 'uploading' && percent > 0) progress.show(t('Uploading… {0}%', percent), true);
    },
  };
  let result: Result<StartedJob>;
  try {
    result =
      interrupted === null
        ? await startJob(inputOf(options, plan), deps)
        : await resumeStart(interrupted.intentId, deps, {
            startAgain: options.startAgain,
            lookDelaysMs: LOOK_FOR_LOST_MS,
          });
  } finally {
    release();
    progress.end();
  }
  if (result.ok) return result.value;
  const { code, message } = result.error;
  if (code === 'cancelled') throw new CommandFailure(result.error, EXIT.interrupted);
  if (code !== 'start-unknown') throw new CommandFailure(result.error);
  throw new CommandFailure({
    code,
    message,
    action: t('Try again with --resume in a few minutes; --resume --start-again makes a new job when there is none.'),
  });
}

function inputOf(options: TuneOptions, plan: TunePlan): StartJobInput {
  const training = plan.training.sha256;
  const validation = plan.validation?.sha256 ?? null;
  return {
    intentId: newIntentId(),
    connectionId: plan.connection.id,
    model: plan.model,
    trainingFile: options.training,
    validationFile: options.validation,
    ...(training === null ? {} : { checked: { training, ...(validation === null ? {} : { validation }) } }),
    method: plan.method,
    suffix: plan.suffix,
    seed: options.seed,
    wandb: null,
    ...(options.stopEarly ? { metadata: EARLY_STOP_METADATA } : {}),
    name: plan.suffix ?? datasetName(path.resolve(options.training)),
    local: {
      priceEstimate: plan.priceEstimate,
      answerPrefix: plan.training.answerPrefix,
      examples: plan.training.examples,
    },
  };
}

function valueOf<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new CommandFailure(result.error);
}
