// What somebody who leaves a provider has there: tuned models with their days left, and where everything about them is.
import type { RunConfig, RunStatus } from '../evaluation/types.ts';
import type { ModelInfo, ProviderFile } from '../provider/api.ts';
import type { Connection } from '../provider/connection.ts';
import { deadlineOf, type Deadline } from '../provider/deadlines.ts';
import { sortModels } from '../provider/models.ts';
import type { Job, JobEvent } from '../training/job.ts';
import { parseModelName, shortModelName } from '../training/modelName.ts';
import { jobTitle } from '../training/words/describe.ts';

/** Where a file of a job is. `unknown`: the provider did not list its files. */
export type FilePlace =
  | { readonly place: 'here'; readonly id: string; readonly path: string }
  | { readonly place: 'provider' | 'gone' | 'unknown'; readonly id: string };

/** A tuned model that is there, or was. */
export interface LeavingModel {
  readonly model: string;
  readonly title: string;
  /** Model that it was tuned from; null when unknown. */
  readonly base: string | null;
  /** Job that made it; null when unknown. */
  readonly jobId: string | null;
  /** Unix seconds; null when unknown. */
  readonly createdAt: number | null;
  /** Announced end; null when none was announced. */
  readonly deadline: Deadline | null;
  /** Null for a model whose job is not known. */
  readonly trainingFile: FilePlace | null;
  /** File that its answers would be recorded on: of its last evaluation, its job, or its validation file. Null when none is here. */
  readonly testFile: string | null;
  /** Its last ended evaluation; null without one. */
  readonly lastEvaluation: RunRef | null;
  /** Run with the most of its answers; null when none was recorded. */
  readonly recording: (RunRef & { readonly items: number; readonly answered: number | null }) | null;
}

export interface RunRef {
  readonly run: string;
  /** Unix milliseconds of its beginning. */
  readonly at: number;
  /** Name of its test file. */
  readonly name: string;
  readonly status: RunStatus;
}

export interface Inventory {
  readonly connection: Pick<Connection, 'id' | 'name' | 'kind' | 'baseUrl'>;
  /** Unix milliseconds. */
  readonly at: number;
  /** Those with the fewest days left first. */
  readonly models: readonly LeavingModel[];
  /** Number of jobs that are known. */
  readonly jobs: number;
  /** Files at the provider; null when it did not list them. */
  readonly files: readonly ProviderFile[] | null;
}

/** Job with the facts that only this machine knows. */
export interface LeavingJob {
  readonly job: Job;
  readonly gone: boolean;
  readonly checkpoints: readonly { readonly model: string }[];
  /** Those that this machine has seen, newest first. */
  readonly events?: Iterable<JobEvent>;
  readonly local: {
    readonly name: string | null;
    readonly trainingPath: string | null;
    readonly validationPath: string | null;
    readonly testPath: string | null;
  };
}

/** Evaluation as a list shows it. */
export interface LeavingRun {
  readonly config: RunConfig;
  readonly status: RunStatus;
  /** Rows with an answer, of all contestants together; null when unknown. */
  readonly answered: number | null;
}

export interface InventoryInput {
  readonly connection: Connection;
  /** Unix milliseconds. */
  readonly now: number;
  /** Null when the provider did not list its models, or files. */
  readonly models: readonly ModelInfo[] | null;
  readonly files: readonly ProviderFile[] | null;
  readonly jobs: readonly LeavingJob[];
  readonly runs: readonly LeavingRun[];
  /** Whether a file is on this machine. Paths. */
  readonly isHere: (path: string) => boolean;
  /** Path of a file of the provider that was taken, by its id; undefined when it was not. */
  readonly takenPath?: (id: string) => string | undefined;
}

export function takeInventory(input: InventoryInput): Inventory {
  const { connection, now, models, files, jobs } = input;
  const known = jobs.flatMap(({ job, gone, checkpoints }) =>
    job.fineTunedModel === null || gone
      ? []
      : [{ id: job.fineTunedModel, createdAt: job.createdAt, checkpoints: checkpoints.map(({ model }) => model) }],
  );
  const { tuned } = sortModels(connection.kind, models ?? [], [], known);
  const { id, name, kind, baseUrl } = connection;
  return {
    connection: { id, name, kind, baseUrl },
    at: now,
    models: tuned.map((model) => modelOf(input, model)).sort(byUrgency),
    jobs: jobs.length,
    files,
  };
}

function byUrgency(a: LeavingModel, b: LeavingModel): number {
  const [x, y] = [a.deadline?.daysLeft ?? Infinity, b.deadline?.daysLeft ?? Infinity];
  return x === y ? (b.createdAt ?? 0) - (a.createdAt ?? 0) : x - y;
}

function modelOf(
  input: InventoryInput,
  { id, createdAt }: { readonly id: string; readonly createdAt: number | null },
): LeavingModel {
  const { connection, now, jobs, isHere } = input;
  const own = jobs.find(({ job }) => job.fineTunedModel === id);
  const { form, base } = parseModelName(id);
  const runs = runsOf(input, id);
  const ended = runs.find(({ status }) => status === 'finished' || status === 'stopped-early');
  const taken = (file: string | null | undefined): string | undefined =>
    file === null || file === undefined || file === '' ? undefined : input.takenPath?.(file);
  const validation = own?.job.validationFile;
  const files = [ended?.config.testFile.path, own?.local.testPath, own?.local.validationPath, taken(validation)];
  return {
    model: id,
    title: own === undefined ? shortModelName(id) : jobTitle(own.job, own.local.name),
    base: own?.job.model ?? (form === 'plain' ? null : base),
    jobId: own?.job.id ?? null,
    createdAt,
    deadline: deadlineOf(connection, id, now),
    trainingFile: own === undefined ? null : filePlace(input, own.job.trainingFile, own.local.trainingPath),
    testFile: files.find((file) => typeof file === 'string' && isHere(file)) ?? null,
    lastEvaluation: ended === undefined ? null : refOf(ended),
    recording: recordingOf(runs),
  };
}

/** Evaluations of a model, newest first. Those of replacements, which have its recorded answers, are not its own. */
function runsOf({ connection, runs }: InventoryInput, model: string): readonly LeavingRun[] {
  return runs
    .filter(({ config }) => askedOf(config, connection.id, model) !== undefined)
    .sort((a, b) => b.config.createdAt - a.config.createdAt);
}

/** Contestant of a run that is this model at this connection. */
export function askedOf({ contestants }: Pick<RunConfig, 'contestants'>, connectionId: string, model: string) {
  return contestants.find((one) => one.connectionId === connectionId && one.model === model);
}

function refOf({ config, status }: LeavingRun): RunRef {
  return { run: config.id, at: config.createdAt, name: config.name, status };
}

/** The run with the most answers of the model, the newest of equals. */
function recordingOf(runs: readonly LeavingRun[]): LeavingModel['recording'] {
  let best: LeavingRun | null = null;
  for (const run of runs) if (best === null || worth(run) > worth(best)) best = run;
  if (best === null) return null;
  return { ...refOf(best), items: best.config.testFile.items, answered: answeredOf(best) };
}

function worth(run: LeavingRun): number {
  return answeredOf(run) ?? 0;
}

/** Answers of the model, as far as a list knows: rows that are missing, or failed, may all be its own. */
function answeredOf({ config, answered }: LeavingRun): number | null {
  if (answered === null) return null;
  const { items } = config.testFile;
  return Math.max(0, items - (items * config.contestants.length - answered));
}

function filePlace({ files, isHere, takenPath }: InventoryInput, id: string, path: string | null): FilePlace {
  for (const found of [path, takenPath?.(id)])
    if (found !== null && found !== undefined && isHere(found)) return { place: 'here', id, path: found };
  if (files === null) return { place: 'unknown', id };
  return { place: id !== '' && files.some((file) => file.id === id) ? 'provider' : 'gone', id };
}
