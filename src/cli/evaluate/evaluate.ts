import { isServedHere } from '../../core/provider/connection.ts';
import path from 'node:path';
import process from 'node:process';
import { t } from '../../core/base/messages.ts';
import type { Result } from '../../core/base/result.ts';
import { estimateInference } from '../../core/cost/inference.ts';
import { priceTable, type PriceTable } from '../../core/cost/prices.ts';
import { judgeRun, primaryOf } from '../../core/evaluation/comparison/runJudgment.ts';
import { allPassed, checkThresholds } from '../../core/evaluation/comparison/thresholds.ts';
import { trainedOnSentence } from '../../core/evaluation/report/words.ts';
import type { RunConfig, RunStatus } from '../../core/evaluation/types.ts';
import { hostOf, isLoopback, originOf } from '../../core/provider/addresses.ts';
import type { Provider } from '../../core/provider/api.ts';
import { readLimits } from '../../connections/limits.ts';
import { askProvider } from '../../evals/askProvider.ts';
import { budgetOf } from '../../evals/budget.ts';
import { isOver } from '../../evals/plan.ts';
import { portableLines } from '../../evals/portableRun.ts';
import { RunRegistry } from '../../evals/registry.ts';
import type { EvaluationRun } from '../../evals/runner.ts';
import { countMessageTokens } from '../../local/tokens.ts';
import { writeLinesAtomic } from '../../storage/atomicFile.ts';
import { refuseAboveMaxCost } from '../maxCost.ts';
import { CommandFailure, EXIT } from '../options.ts';
import { openStorage, providerOf, type Storage } from '../target.ts';
import { createProgress, inWords, onInterrupt, print, say, visible, withProblemObject } from '../terminal.ts';
import { readEvaluateOptions, type EvaluateOptions } from './options.ts';
import { planEvaluation, type EvaluatePlan } from './plan.ts';
import type { EvaluateResult } from './machineReports.ts';
import { reportText } from './report.ts';

/** Runs the evaluation of a file without a window; returns the exit code. */
export async function evaluate(args: readonly string[]): Promise<number> {
  const options = readEvaluateOptions(args);
  return withProblemObject(options.format, () => run(options));
}

async function run(options: EvaluateOptions): Promise<number> {
  const storage = openStorage({ 'data-dir': options.dataDir });
  const plan = await planEvaluation(options.file, storage);
  // Before anything is paid for: such figures tell nothing about new items.
  const overlap = trainedOnSentence(plan.config.trainedOn, plan.rows.items.length);
  if (overlap !== null) say(visible(overlap));
  const registry = new RunRegistry(path.join(storage.folder, 'evaluations'));
  try {
    await registry.load();
    const earlier = options.resume ? await earlierRun(registry, plan) : null;
    const open = openItems(earlier, plan);
    // Refused before a run is made: nothing is left behind.
    const price = await priceOf(plan, open, options, storage);
    const clients: Clients = open === 0 ? new Map() : await clientsOf(plan, options, storage);
    const opened = earlier ?? (await registry.create(plan.config, plan.rows.items));
    try {
      const ended = await ask(opened, plan, clients, price);
      return await tell(opened, ended, plan, options);
    } finally {
      registry.close(opened);
    }
  } finally {
    await registry.dispose();
  }
}

type Clients = ReadonlyMap<string, Provider>;

/** Items that some model is still to be asked; 0 for a run that has ended. */
function openItems(earlier: EvaluationRun | null, { config, rows }: EvaluatePlan): number {
  if (earlier === null) return rows.items.length;
  if (isOver(earlier)) return 0;
  const models = config.contestants.filter(({ model }) => model !== undefined);
  return Math.max(0, ...models.map(({ id }) => earlier.openItems(id).length));
}

/** Newest run of the same evaluation, finished or not. */
async function earlierRun(registry: RunRegistry, { config }: EvaluatePlan): Promise<EvaluationRun | null> {
  const found = registry.list().find((one) => one.config.fingerprint === config.fingerprint);
  if (found === undefined) return null;
  return valueOf(await registry.open(found.config.id));
}

interface Ended {
  readonly status: RunStatus;
  readonly interrupted: boolean;
}

/** Asks what is missing. A finished run asks nothing. */
async function ask(
  opened: EvaluationRun,
  plan: EvaluatePlan,
  clients: Clients,
  { usd, allowed, table }: Price,
): Promise<Ended> {
  if (isOver(opened)) return { status: opened.status, interrupted: false };
  const provider = (id: string): Promise<Provider> => {
    const client = clients.get(id);
    return client === undefined ? Promise.reject(new Error(`There is no client for ${id}.`)) : Promise.resolve(client);
  };
  let interrupted = false;
  const release = onInterrupt(() => {
    interrupted = true;
    opened.cancel();
  });
  const progress = createProgress();
  const all = opened.items.length * opened.config.contestants.length;
  const listening = opened.onDidChange(() => {
    progress.show(t('{0} of {1} answers…', opened.answered, all), true);
  });
  const budget = budgetOf(opened, allowed ?? usd, plan.paid, table);
  try {
    const result = await opened.start(opened.config.testFile.sha256, {
      ask: askProvider({ get: provider }, opened.config),
      ...(budget === undefined ? {} : { budget }),
    });
    return { status: valueOf(result), interrupted };
  } finally {
    listening.dispose();
    progress.end();
    release();
  }
}

interface Price {
  /** Estimated upper bound in US dollars; null: unknown. */
  readonly usd: number | null;
  /** Amount that --max-cost names; null when it names none. */
  readonly allowed: number | null;
  readonly table: PriceTable;
}

/** Prices the requests for `items` items of each paid contestant. @throws CommandFailure with exit code 3 when that is not allowed */
async function priceOf(
  { config, rows, paid }: EvaluatePlan,
  items: number,
  { maxCost }: EvaluateOptions,
  { folder }: Storage,
): Promise<Price> {
  const { limits, problem } = await readLimits(folder);
  if (problem !== null) say(inWords(problem));
  const table = priceTable(limits.prices);
  const samples = config.samples ?? 1;
  let inputTokens = 0;
  if (paid.size > 0 && items > 0) for (const { messages } of rows.items) inputTokens += countMessageTokens(messages);
  const uses =
    items === 0
      ? []
      : [...paid].map(([id, model]) => ({
          model,
          inputTokens: inputTokens * samples,
          outputTokens: items * samples * mostTokens(config, id),
        }));
  const { usd, sentence } = uses.length === 0 ? { usd: 0, sentence: '' } : estimateInference(uses, { prices: table });
  refuseAboveMaxCost(usd, sentence, maxCost, limits.cap, {
    ifUnknown: t('Allow any amount with --max-cost none.'),
    orMore: t('Use fewer items, fewer contestants or a cheaper model, or allow more.'),
    orAllow: (amount) =>
      t('Use fewer items, fewer contestants or a cheaper model, or allow it with --max-cost {0}.', amount),
  });
  const allowed = typeof maxCost === 'number' ? maxCost : maxCost === 'cap' ? limits.cap : null;
  return { usd, allowed, table };
}

/** Most tokens of a reply: a reasoning model thinks within its own limit. */
function mostTokens({ contestants, sampling }: RunConfig, id: string): number {
  return contestants.find((contestant) => contestant.id === id)?.maxTokens ?? sampling.maxTokens;
}

/**
 * Clients by connection; a missing key is said before the first row, not as an error of each row. The file steers no key:
 * TUNING_FORK_API_KEY goes to this machine and to the origin that --key-for names, OPENAI_API_KEY to api.openai.com only.
 */
async function clientsOf(
  { connections }: EvaluatePlan,
  { keyFor }: EvaluateOptions,
  storage: Storage,
): Promise<Clients> {
  const clients = new Map<string, Provider>();
  for (const [id, connection] of connections) {
    const { kind, baseUrl } = connection;
    const ownKey = isServedHere({ kind }) || isLoopback(baseUrl) || originOf(baseUrl) === keyFor;
    const found = await providerOf(connection, storage, { ownKey });
    const isWithheld = !ownKey && (process.env['TUNING_FORK_API_KEY'] ?? '') !== '';
    if (!found.ok && found.error.code === 'key-missing' && isWithheld) {
      throw new CommandFailure({
        code: 'key-missing',
        message: t('TUNING_FORK_API_KEY is not sent to {0}: an evaluation file alone steers no key.', hostOf(baseUrl)),
        action: t('Allow it with --key-for {0}.', originOf(baseUrl) ?? baseUrl),
      });
    }
    clients.set(id, valueOf(found));
  }
  return clients;
}

async function tell(
  opened: EvaluationRun,
  ended: Ended,
  plan: EvaluatePlan,
  options: EvaluateOptions,
): Promise<number> {
  const { config, items, rows, notice } = opened;
  const looks = new Map(config.contestants.map(({ id }) => [id, opened.looks(id)]));
  const judgment = judgeRun(config, items, rows, { looks });
  const result: EvaluateResult = {
    config,
    // Also of a run that began before its overlap was known.
    trainedOn: plan.config.trainedOn ?? null,
    status: ended.status,
    judgment,
    checks: checkThresholds(plan.file.pass, judgment, primaryOf(config)),
  };
  if (options.out !== null)
    await writeWhole(options.out, portableLines({ config, items, rows, status: ended.status, looks }));
  print(reportText(result, options.format));
  if (notice !== null) say(inWords(notice));
  if (ended.interrupted) return EXIT.interrupted;
  if (!isOver(ended)) {
    say(visible(t('The evaluation is not complete. Continue it with --resume.')));
    return EXIT.failed;
  }
  return allPassed(result.checks) === false ? EXIT.bad : EXIT.ok;
}

/** Writes a file as a whole or not at all. */
async function writeWhole(file: string, lines: Iterable<string>): Promise<void> {
  try {
    await writeLinesAtomic(file, lines);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure({
      code: 'file-unwritable',
      message: t('{0} could not be written: {1}.', file, reason),
      action: t('Choose another place with --out.'),
    });
  }
}

function valueOf<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new CommandFailure(result.error);
}
