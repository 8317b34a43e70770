// Inventory, downloads and recordings of a provider that somebody leaves, without a window.
import path from 'node:path';
import { t, tn } from '../../core/base/messages.ts';
import type { Problem } from '../../core/base/result.ts';
import type { Inventory, LeavingJob } from '../../core/leaving/inventory.ts';
import { INDEX_NAME, type LeavingIndex } from '../../core/leaving/leavingIndex.ts';
import type { Connection } from '../../core/provider/connection.ts';
import { deadlineBadge } from '../../core/provider/deadlines.ts';
import { filePlaceText, whatText } from '../../core/leaving/words.ts';
import { RunRegistry } from '../../evals/registry.ts';
import { writeDocument, DOCUMENT_NAME } from '../../leaving/document.ts';
import { downloadAll, wantedOf } from '../../leaving/downloads.ts';
import { folderProblem, LeavingFolder, readIndex } from '../../leaving/leavingFolder.ts';
import { inventoryOf, readLists, type ProviderLists } from '../../leaving/readProvider.ts';
import { openProvider } from '../jobs.ts';
import { CommandFailure, EXIT } from '../options.ts';
import { openStorage, targetOf, type Storage, type Target } from '../target.ts';
import { createProgress, inWords, onInterrupt, print, say, visible, withProblemObject } from '../terminal.ts';
import { readLeaveOptions, type LeaveOptions } from './options.ts';
import { planRecordings, priceRecordings, record, type RecordContext, type Unrecordable } from './record.ts';

/** What the command prints. */
interface Left {
  readonly inventory: Inventory;
  readonly jobs: readonly LeavingJob[];
  readonly index: LeavingIndex;
  readonly folder: string;
  readonly unrecordable: readonly Unrecordable[];
  /** Why something could not be done, in the order in which it came up. */
  readonly problems: readonly Problem[];
}

export async function leave(args: readonly string[]): Promise<number> {
  const options = readLeaveOptions(args);
  return withProblemObject(options.format, () => run(options));
}

async function run(options: LeaveOptions): Promise<number> {
  const storage = openStorage({ 'data-dir': options.dataDir });
  await storage.jobs.load();
  const target = await targetOf({ connection: options.connection, 'base-url': options.baseUrl }, storage);
  // Runs and folders name an address that is no connection by the address itself.
  const named = target.saved ? target.connection : { ...target.connection, id: target.connection.baseUrl };
  const folder = await openFolder(options, named);
  const registry = new RunRegistry(path.join(storage.folder, 'evaluations'));
  try {
    await registry.load();
    return await leaveWith({ options, storage, target, named, folder, registry });
  } catch (error) {
    if (error instanceof CommandFailure || !(error instanceof Error) || !('code' in error)) throw error;
    throw new CommandFailure(folderProblem(error, folder.folder));
  } finally {
    await registry.dispose();
    await storage.jobs.flush();
  }
}

async function openFolder({ out, resume }: LeaveOptions, connection: Connection): Promise<LeavingFolder> {
  const found = await readIndex(out);
  if (!found.ok) throw new CommandFailure(found.error);
  if (found.value !== null && !resume) {
    throw new CommandFailure({
      code: 'folder-begun',
      message: t('{0} already holds what was taken from {1}.', out, found.value.provider.name),
      action: t('Go on there with --resume, or choose another folder.'),
    });
  }
  const opened = await LeavingFolder.open(out, connection);
  if (!opened.ok) throw new CommandFailure(opened.error);
  return opened.value;
}

interface Leaving {
  readonly options: LeaveOptions;
  readonly storage: Storage;
  readonly target: Target;
  /** The connection by the id that runs name. */
  readonly named: Connection;
  readonly folder: LeavingFolder;
  readonly registry: RunRegistry;
}

async function leaveWith({ options, storage, target, named, folder, registry }: Leaving): Promise<number> {
  const { connection } = target;
  const provider = await openProvider(target, storage);
  const abort = new AbortController();
  const release = onInterrupt(() => {
    abort.abort();
  });
  let lists: ProviderLists;
  let jobs: readonly LeavingJob[];
  let problems: Problem[];
  const inventory = (): Promise<Inventory> => inventoryOf(named, lists, jobs, registry.list(), folder);
  try {
    lists = await readLists(provider, abort.signal);
    jobs = jobsOf(lists, target, storage);
    problems = [...lists.problems];
    for (const problem of problems) say(inWords(problem));
    const progress = createProgress();
    await downloadAll(provider, folder, wantedOf(jobs, lists.files), abort.signal, ({ done, of, name }) => {
      progress.show(visible(t('Downloading {0} ({1} of {2})…', name, done + 1, of)), true);
    });
    progress.end();
  } catch (error) {
    if (!abort.signal.aborted) throw error;
    say(t('Stopped. Go on with --resume.'));
    return EXIT.interrupted;
  } finally {
    release();
  }
  const context: RecordContext = { connection, connectionId: named.id, provider, registry, folder, storage, options };
  const { planned, unrecordable } = await planRecordings(context, await inventory());
  let code: number | null = null;
  try {
    const { table, usdOf } = await priceRecordings(context, planned);
    for (const recording of planned) {
      const { interrupted } = await record(context, recording, table, usdOf(recording));
      if (interrupted) {
        code = EXIT.interrupted;
        break;
      }
    }
  } catch (error) {
    // What was downloaded stays, and is told.
    if (!(error instanceof CommandFailure)) throw error;
    problems.push(error.problem);
    say(inWords(error.problem));
    code = error.exitCode;
  }
  await registry.load();
  const left: Left = {
    inventory: await inventory(),
    jobs,
    index: folder.index,
    folder: folder.folder,
    unrecordable,
    problems,
  };
  await writeDocument(folder, left.inventory, registry, (id) => nameOf(storage, id));
  print(options.format === 'json' ? `${JSON.stringify(leftObject(left), null, 2)}\n` : leftText(left));
  return code ?? (isComplete(left) ? EXIT.ok : EXIT.bad);
}

async function nameOf({ connections }: Storage, id: string): Promise<string> {
  return (await connections.get(id))?.name ?? id;
}

/** Jobs of the provider with what this machine knows of them; those it knows alone, too. */
function jobsOf(lists: ProviderLists, { connection, saved }: Target, { jobs }: Storage): readonly LeavingJob[] {
  if (!saved) {
    const local = { name: null, trainingPath: null, validationPath: null, testPath: null };
    return (lists.jobs ?? []).map((job) => ({ job, gone: false, checkpoints: [], local }));
  }
  for (const job of lists.jobs ?? []) jobs.update(connection.id, job.id, { job });
  return jobs.list(connection.id);
}

function isComplete({
  inventory,
  index,
  unrecordable,
  problems,
}: Pick<Left, 'inventory' | 'index' | 'unrecordable' | 'problems'>): boolean {
  const whole = new Set(index.recordings.flatMap((one) => (one.items === one.recorded ? [one.model] : [])));
  return (
    problems.length === 0 &&
    unrecordable.length === 0 &&
    index.missing.length === 0 &&
    inventory.models.every(({ model }) => whole.has(model))
  );
}

/** Object of the JSON format. */
function leftObject({ inventory, jobs, index, folder, unrecordable, problems }: Left): object {
  const { connection, models, files } = inventory;
  return {
    connection: connection.name,
    baseUrl: connection.baseUrl,
    folder,
    index: path.join(folder, INDEX_NAME),
    document: path.join(folder, DOCUMENT_NAME),
    complete: isComplete({ inventory, index, unrecordable, problems }),
    inventory: {
      jobs: jobs.map(({ job, gone }) => ({
        id: job.id,
        status: job.status,
        model: job.model,
        fineTunedModel: job.fineTunedModel,
        createdAt: job.createdAt,
        atProvider: !gone,
      })),
      files: files?.map(({ id, filename, bytes, purpose }) => ({ id, filename, bytes, purpose })) ?? null,
      models: models.map(({ model, title, base, jobId, deadline, trainingFile, testFile, lastEvaluation }) => ({
        model,
        title,
        base,
        job: jobId,
        ends: deadline?.date ?? null,
        daysLeft: deadline?.daysLeft ?? null,
        trainingFile: trainingFile?.place ?? null,
        testFile,
        lastEvaluation: lastEvaluation?.run ?? null,
      })),
    },
    downloads: { files: index.files, missing: index.missing },
    recordings: [
      ...index.recordings,
      ...unrecordable.map(({ model, reason }) => ({
        model: model.model,
        run: null,
        path: null,
        sha256: null,
        testFile: null,
        items: 0,
        recorded: 0,
        missingLines: [],
        reason,
      })),
    ],
    problems,
  };
}

function leftText({ inventory, index, folder, unrecordable }: Left): string {
  const lines = [
    t('{0}: {1} jobs, {2} tuned models.', inventory.connection.name, inventory.jobs, inventory.models.length),
    ...inventory.models.map((model) => {
      const recorded = index.recordings.find((one) => one.model === model.model);
      const facts = [
        model.base ?? '',
        model.deadline === null ? '' : deadlineBadge(model.deadline),
        t('training file {0}', filePlaceText(model.trainingFile)),
        recorded === undefined
          ? (unrecordable.find((one) => one.model.model === model.model)?.reason ?? t('not recorded'))
          : t('{0} of {1} items recorded', recorded.recorded, recorded.items),
        recorded?.reason ?? '',
      ];
      return `  ${model.model}  ${facts.filter(Boolean).join(' · ')}`;
    }),
    tn(index.files.length, '{0} file taken and verified.', '{0} files taken and verified.'),
    ...index.missing.map(({ what, id, reason }) => t('Not to be had: {0} {1}: {2}', whatText(what), id, reason)),
    t('The document is {0}.', path.join(folder, DOCUMENT_NAME)),
  ];
  return `${lines.map(visible).join('\n')}\n`;
}
