import * as vscode from 'vscode';
import { t, tn } from '../../core/base/messages.ts';
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
import { progressText, showStarted } from './runStart.ts';

export type InterruptedServices = Pick<
  Services,
  'connections' | 'folder' | 'jobs' | 'keys' | 'log' | 'panels' | 'providers' | 'starts' | 'ui' | 'watch'
>;

function mayExist({ stage }: UnfinishedStart): boolean {
  return stage === 'unknown' || stage === 'created';
}

/** Offers interrupted starts in one notification after start-up. Jobs that may exist were looked up before. */
export async function offerInterrupted(services: Pick<Services, 'starts' | 'ui'>): Promise<void> {
  // A sweep goes on with its own.
  const [first, ...more] = (await services.starts.refresh()).filter(({ sweep = null }) => sweep === null);
  if (!first) return;
  const starts = more.length + 1;
  if (starts > 1) {
    const show = t('Show Jobs');
    const text = tn(starts, '{0} job start was interrupted.', '{0} job starts were interrupted.');
    const choice = await services.ui.notify('warning', text, show);
    if (choice === show) await vscode.commands.executeCommand(`${VIEWS.jobs}.focus`);
    return;
  }
  const resume = first.stage === 'unknown' ? t('Find Its Job…') : t('Resume…');
  const discard = t('Discard…');
  const choice = await services.ui.notify('warning', inert(interruptionText(first)), resume, discard);
  if (choice === resume) await vscode.commands.executeCommand(COMMANDS.resumeStart, first.intentId);
  if (choice === discard) await vscode.commands.executeCommand(COMMANDS.dismissStart, first.intentId);
}

function interruptionText({ name, stage, startedAt }: UnfinishedStart): string {
  const ago = formatAgo((Date.now() - startedAt) / 1000);
  switch (stage) {
    case 'planned':
    case 'uploading':
      return t('The start of {0} was interrupted ({1}) before the upload was complete.', name, ago);
    case 'uploaded':
      return t('The start of {0} was interrupted ({1}) after the upload.', name, ago);
    case 'unknown':
      return t('The start of {0} was interrupted ({1}); it is unknown whether a job was created.', name, ago);
    case 'created':
      return t(
        'The start of {0} was interrupted ({1}) after its job was created; the record of it is missing.',
        name,
        ago,
      );
  }
}

async function chooseStart(services: InterruptedServices, arg: unknown, title: string): Promise<UnfinishedStart> {
  const starts = await services.starts.refresh();
  const id = typeof arg === 'object' && arg !== null && 'intentId' in arg ? arg.intentId : arg;
  const named = starts.find(({ intentId }) => intentId === id);
  if (named) return named;
  if (starts.length === 0) {
    throw new ProblemError({
      code: 'no-interrupted-start',
      message: t('No job start was interrupted.'),
      action: t('Start a job from a dataset in the Explorer.'),
    });
  }
  const chosen = await services.ui.pick(
    starts.map((start) => ({
      label: plainText(untrustedText(start.name, [], 80)),
      description: stageInWords(start),
      detail: `${plainText(start.model)} · ${formatAgo((Date.now() - start.startedAt) / 1000)}`,
      start,
    })),
    { title, placeHolder: t('Which start?') },
  );
  if (!chosen) throw new Cancelled();
  return chosen.start;
}

/** Resumes a start at its last stage. Repeats no request that may have been sent, unless the user agrees to it with its price. */
export async function goOnWithStart(services: InterruptedServices, arg: unknown): Promise<void> {
  requireTrust();
  const start = await chooseStart(services, arg, t('Resume Interrupted Job Start'));
  const connection = await services.providers.connection(start.connectionId);
  // Also before looking for the job: in another account it would not be found.
  if (start.priceQuote !== 0) await ensureOwnKey(services, connection);
  if (!mayExist(start)) await confirmAgain(services, start, connection.name);
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
  const name = untrustedText(start.name, [], 80);
  const title = mayExist(start) && !startAgain ? t('Looking for the job of {0}', name) : t('Starting {0}', name);
  return withCancel(services.ui, plainText(title), async (signal, report) => {
    const provider = await services.providers.get(start.connectionId);
    return resumeStart(
      start.intentId,
      {
        provider,
        folder: services.folder,
        jobs: services.jobs,
        signal,
        onProgress: ({ stage, fraction }) => {
          report(progressText(stage), stage === 'uploading' ? fraction : undefined);
        },
      },
      // One more look, at once, after the user agreed: the job was looked for before the question.
      { startAgain, lookDelaysMs: startAgain ? [0] : LOOK_FOR_LOST_MS },
    );
  });
}

/** Asks with the amount in the question, as before the first start. */
async function confirmAgain(services: InterruptedServices, start: UnfinishedStart, connection: string): Promise<void> {
  const { name, priceQuote } = start;
  if (priceQuote === 0) return;
  refuseAboveCap(priceQuote);
  const [question, yes] =
    priceQuote === null
      ? [t('Resume the start of {0} at {1} for an unknown amount?', name, connection), t('Resume at Unknown Price')]
      : [
          t('Resume the start of {0} at {1} for about {2}?', name, connection, dollars(priceQuote)),
          t('Resume for About {0}', dollars(priceQuote)),
        ];
  const choice = await services.ui.modal(
    inert(question),
    inert(
      [
        t('The job trains {0} with the original dataset and the original settings.', start.model),
        t('No job was requested before the interruption, so nothing has been billed yet.'),
        t('This is an estimate; {0} bills the actual training.', connection),
      ].join(' '),
    ),
    // Enter presses the first button, which spends nothing.
    t('Not Now'),
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
    priceQuote === null || priceQuote === 0 ? t('Start Again') : t('Start Again for About {0}', dollars(priceQuote));
  const discard = t('Discard');
  const choice = await services.ui.modal(
    inert(`${t('{0} lists no job for the start of {1}.', connection, start.name)} ${t('Start it again?')}`),
    inert(
      [
        t('The request for the job was sent, and its response was lost.'),
        t(
          'A provider may list a new job late: if the job exists, starting again creates a second one, which is billed too.',
        ),
        t('Check the jobs of {0} first.', connection),
      ].join(' '),
    ),
    t('Not Now'),
    again,
    discard,
  );
  if (choice === discard) await forgetStart(services, start);
  if (choice !== again) throw new Cancelled();
}

/** Discards a start. Its uploads stay at the provider, where *Delete Unused Uploads…* finds them. */
export async function forgetInterrupted(services: InterruptedServices, arg: unknown): Promise<void> {
  const start = await chooseStart(services, arg, t('Discard Interrupted Job Start'));
  const files = start.files.length;
  const discard = t('Discard');
  const choice = await services.ui.modal(
    inert(t('Discard the start of {0}?', start.name)),
    [
      t('Its settings and the copy of its dataset on this machine are deleted; the dataset itself is kept.'),
      ...(files === 0
        ? []
        : [
            tn(
              files,
              '{0} uploaded file stays at the provider; delete it with "Delete Unused Uploads…".',
              '{0} uploaded files stay at the provider; delete them with "Delete Unused Uploads…".',
            ),
          ]),
      ...(mayExist(start) ? [t('If its job exists, the job continues and appears in the Jobs view.')] : []),
    ].join(' '),
    discard,
  );
  if (choice !== discard) throw new Cancelled();
  await forgetStart(services, start);
}

async function forgetStart(services: InterruptedServices, start: UnfinishedStart): Promise<void> {
  const provider = await services.providers.getRunning(start.connectionId).catch(() => null);
  await dismissStart(start.intentId, { folder: services.folder, ...(provider ? { provider } : {}) });
  await services.starts.refresh();
}
