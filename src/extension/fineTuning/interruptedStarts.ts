import * as vscode from 'vscode';
import { dollars } from '../../core/cost/estimate.ts';
import { untrustedText } from '../../core/base/untrustedText.ts';
import { formatAgo } from '../../core/training/words/describe.ts';
import { dismissStart, LOOK_FOR_LOST_MS, resumeStart, type UnfinishedStart } from '../../jobs/start/recovery.ts';
import type { StartedJob } from '../../jobs/start/startJob.ts';
import type { Result } from '../../core/base/result.ts';
import { ensureOwnKey } from '../connections/ownKey.ts';
import { refuseAboveCap } from '../ui/confirmPaid.ts';
import { COMMANDS, VIEWS } from '../contributions.ts';
import { Cancelled, inert, ProblemError } from '../ui/errors.ts';
import { plainText } from '../ui/plainText.ts';
import { withCancel } from '../ui/progress.ts';
import { withRemedy } from '../connections/providers.ts';
import type { Services } from '../services.ts';
import { stageInWords } from './starts.ts';
import { requireTrust } from '../ui/trust.ts';
import { showStarted, STAGES } from './runStart.ts';

export type InterruptedServices = Pick<
  Services,
  'connections' | 'folder' | 'jobs' | 'keys' | 'log' | 'providers' | 'starts' | 'ui' | 'watch'
>;

function mayExist({ stage }: UnfinishedStart): boolean {
  return stage === 'unknown' || stage === 'created';
}

/** After start-up: what was interrupted is offered again, in one notification. Jobs that may exist were looked for before. */
export async function offerInterrupted(services: Pick<Services, 'starts' | 'ui'>): Promise<void> {
  const [first, ...more] = await services.starts.refresh();
  if (!first) return;
  const text =
    more.length === 0
      ? `The start of ${first.name} was interrupted ${formatAgo((Date.now() - first.startedAt) / 1000)}: ${stageInWords(first)}.`
      : `${String(more.length + 1)} starts of fine-tuning jobs were interrupted.`;
  const goOn = first.stage === 'unknown' ? 'Look for It…' : 'Go On…';
  const choice = await services.ui.notify(
    'warning',
    inert(text),
    ...(more.length === 0 ? [goOn, 'Forget It…'] : ['Show Jobs']),
  );
  if (choice === goOn) await vscode.commands.executeCommand(COMMANDS.resumeStart, first.intentId);
  if (choice === 'Forget It…') await vscode.commands.executeCommand(COMMANDS.dismissStart, first.intentId);
  if (choice === 'Show Jobs') await vscode.commands.executeCommand(`${VIEWS.jobs}.focus`);
}

async function chooseStart(services: InterruptedServices, arg: unknown, title: string): Promise<UnfinishedStart> {
  const starts = await services.starts.refresh();
  const id = typeof arg === 'object' && arg !== null && 'intentId' in arg ? arg.intentId : arg;
  const named = starts.find(({ intentId }) => intentId === id);
  if (named) return named;
  if (starts.length === 0) {
    throw new ProblemError({
      code: 'no-interrupted-start',
      message: 'No start was interrupted.',
      action: 'Start a job from a dataset in the Explorer.',
    });
  }
  const chosen = await services.ui.pick(
    starts.map((start) => ({
      label: plainText(untrustedText(start.name, [], 80)),
      description: stageInWords(start),
      detail: `${plainText(start.model)} · ${formatAgo((Date.now() - start.startedAt) / 1000)}`,
      start,
    })),
    { title, placeHolder: 'Which start?' },
  );
  if (!chosen) throw new Cancelled();
  return chosen.start;
}

/** Goes on where the start stood. Nothing is posted that may have been posted before, unless the person says so, with the price. */
export async function goOnWithStart(services: InterruptedServices, arg: unknown): Promise<void> {
  requireTrust();
  const start = await chooseStart(services, arg, 'Go On with an Interrupted Start');
  const connection = await services.providers.connection(start.connectionId);
  // Before the job is looked for, too: in another account it would not be found.
  if (start.priceQuote !== 0) await ensureOwnKey(services, connection);
  if (!mayExist(start)) await confirmAgain(services, start, connection.name, 'Go on with the start of');
  try {
    let result = await takeUp(services, start, false);
    if (!result.ok && result.error.code === 'start-unknown') {
      await askToStartAgain(services, start, connection.name);
      result = await takeUp(services, start, true);
    }
    if (!result.ok) {
      if (result.error.code === 'cancelled') throw new Cancelled();
      throw new ProblemError(result.error);
    }
    await showStarted(services, connection, result.value);
  } catch (error) {
    throw withRemedy(error, connection);
  } finally {
    await services.starts.refresh();
  }
}

async function takeUp(
  services: InterruptedServices,
  start: UnfinishedStart,
  startAgain: boolean,
): Promise<Result<StartedJob>> {
  const title = mayExist(start) && !startAgain ? `Looking for the job of ${start.name}` : `Starting ${start.name}`;
  return withCancel(services.ui, plainText(untrustedText(title, [], 100)), async (signal, report) => {
    const provider = await services.providers.get(start.connectionId);
    return resumeStart(
      start.intentId,
      {
        provider,
        folder: services.folder,
        jobs: services.jobs,
        signal,
        onProgress: ({ stage, fraction }) => {
          report(STAGES[stage], stage === 'uploading' ? fraction : undefined);
        },
      },
      // After a yes once more, at once: it was looked for before the question.
      { startAgain, lookDelaysMs: startAgain ? [0] : LOOK_FOR_LOST_MS },
    );
  });
}

/** The amount stands in the question, as it did the first time. */
async function confirmAgain(
  services: InterruptedServices,
  start: UnfinishedStart,
  connection: string,
  what: string,
): Promise<void> {
  const { priceQuote } = start;
  if (priceQuote === 0) return;
  refuseAboveCap(priceQuote);
  const amount = priceQuote === null ? 'an unknown amount' : `about ${dollars(priceQuote)}`;
  const yes = priceQuote === null ? 'Go On at Unknown Price' : `Go On for About ${dollars(priceQuote)}`;
  const choice = await services.ui.modal(
    inert(`${what} ${start.name} at ${connection} for ${amount}?`),
    inert(
      `${start.model}, with the dataset and the settings of then. No job was asked for before the start was interrupted, so nothing has been billed yet. This is an estimate; ${connection} bills what it trains.`,
    ),
    // The first button is the one that Enter presses: it spends nothing.
    'Not Now',
    yes,
  );
  if (choice !== yes) throw new Cancelled();
}

async function askToStartAgain(
  services: InterruptedServices,
  start: UnfinishedStart,
  connection: string,
): Promise<void> {
  const { priceQuote } = start;
  refuseAboveCap(priceQuote);
  const again =
    priceQuote === null || priceQuote === 0 ? 'Start Again' : `Start Again for About ${dollars(priceQuote)}`;
  const forget = 'Forget It';
  const choice = await services.ui.modal(
    inert(`${connection} shows no job of the start of ${start.name}. Start it again?`),
    inert(
      `The request for the job was sent, and its answer was lost. A provider may list a new job late: if it was made after all, starting again makes a second one, which is billed as well. Look at the jobs of ${connection} first.`,
    ),
    'Not Now',
    again,
    forget,
  );
  if (choice === forget) await forgetStart(services, start);
  if (choice !== again) throw new Cancelled();
}

/** What was uploaded stays at the provider, and is found again among the files without a job. */
export async function forgetInterrupted(services: InterruptedServices, arg: unknown): Promise<void> {
  const start = await chooseStart(services, arg, 'Forget an Interrupted Start');
  const files = start.files.length;
  const choice = await services.ui.modal(
    inert(`Forget the start of ${start.name}?`),
    [
      'Its settings and the copy of its dataset on this machine are deleted; the dataset itself stays.',
      files === 0
        ? ''
        : `${files === 1 ? 'One uploaded file stays' : `${String(files)} uploaded files stay`} at the provider: see "Files Without a Job…".`,
      mayExist(start) ? 'If a job was made after all, it goes on and shows up in the Jobs view.' : '',
    ]
      .filter(Boolean)
      .join(' '),
    'Forget',
  );
  if (choice !== 'Forget') throw new Cancelled();
  await forgetStart(services, start);
}

async function forgetStart(services: InterruptedServices, start: UnfinishedStart): Promise<void> {
  const provider = await services.providers.getRunning(start.connectionId).catch(() => null);
  await dismissStart(start.intentId, { folder: services.folder, ...(provider ? { provider } : {}) });
  await services.starts.refresh();
}
