// Texts about jobs for trees and panels. Pure.
import { t, tn } from '../../base/messages.ts';
import { threeDigits, twoDecimals } from '../../base/numbers.ts';
import { untrustedText } from '../../base/untrustedText.ts';
import { costInWords } from '../jobCost.ts';
import type { MetricColumns, SeriesView } from '../curves/columns.ts';
import { unconditionalLoss, type UnconditionalLoss } from '../curves/levels.ts';
import type { EventHistory } from '../history/eventHistory.ts';
import { isImported } from '../imported.ts';
import type { Checkpoint, Job, JobStatus } from '../job.ts';
import { searchStage, stoppedEarly } from './stages.ts';

export interface JobView {
  readonly job: Job;
  readonly events: EventHistory;
  readonly curve: MetricColumns;
  readonly checkpoints: readonly Checkpoint[];
}

export interface Headline {
  readonly tone: 'neutral' | 'good' | 'warning' | 'bad';
  readonly text: string;
}

/** Duration: `9 s`, `14 min 51 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return t('{0} s', whole);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? t('{0} min', minutes) : t('{0} min {1} s', minutes, whole % 60);
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? t('{0} h', hours) : t('{0} h {1} min', hours, minutes % 60);
  return hours % 24 === 0 ? t('{0} d', Math.floor(hours / 24)) : t('{0} d {1} h', Math.floor(hours / 24), hours % 24);
}

/** Time since an event: `just now`, `4 min ago`, `3 h ago`, `2 days ago`. */
export function formatAgo(seconds: number): string {
  if (seconds < 60) return t('just now');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return t('{0} min ago', minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return t('{0} h ago', hours);
  return tn(Math.floor(hours / 24), '{0} day ago', '{0} days ago');
}

/** Loss with two decimals; with three significant digits when it is small. */
export function formatLoss(loss: number): string {
  return loss !== 0 && Math.abs(loss) < 0.1 ? threeDigits(loss) : twoDecimals(loss);
}

/** Title of a job in lists: the name given by the user, else the suffix, else the base model. */
export function jobTitle(job: Job, localName: string | null): string {
  const name = localName ?? job.metadata['tuning_fork_name'] ?? job.suffix ?? job.model;
  return untrustedText(name, [], 80) || untrustedText(job.id, [], 80) || t('Job');
}

export function progressOf({ curve }: Pick<JobView, 'curve'>): {
  readonly step: number | null;
  readonly totalSteps: number | null;
} {
  return { step: curve.length === 0 ? null : curve.stepAt(curve.length - 1), totalSteps: curve.totalSteps };
}

/**
 * Seconds until training ends, by the duration of the steps so far on the provider's own clock; else by the announced finish;
 * null when neither is known (fewer than two steps, less than a second of them).
 */
export function timeLeft(view: JobView, nowSeconds: number): number | null {
  if (view.job.status !== 'running') return null;
  const { step, totalSteps } = progressOf(view);
  const { span } = view.events;
  if (step !== null && totalSteps !== null && span) {
    const steps = span.last.step - span.first.step;
    const seconds = span.last.createdAt - span.first.createdAt;
    if (steps > 0 && seconds >= 1) return Math.max(0, Math.ceil(((totalSteps - step) * seconds) / steps));
  }
  const { estimatedFinish } = view.job;
  return estimatedFinish !== null && estimatedFinish > nowSeconds ? Math.ceil(estimatedFinish - nowSeconds) : null;
}

/** Status beside a job's name in a tree: `step 212/750 · 9 s left · loss 2.41`. */
export function statusLine(view: JobView, nowSeconds: number): string {
  const { job } = view;
  switch (job.status) {
    case 'validating_files':
      return t('checking the files');
    case 'queued':
      return t('waiting to start');
    case 'running':
      return runningLine(view, nowSeconds);
    case 'paused':
      return [t('paused'), ...stepPart(view)].join(' · ');
    case 'succeeded':
      return job.fineTunedModel === null
        ? t('finishing')
        : [
            untrustedText(job.model, [], 100),
            ...(isImported(job) ? [t('imported')] : []),
            ...agoPart(job, nowSeconds),
          ].join(' · ');
    case 'failed':
      return job.error === null ? t('failed') : untrustedText(job.error.message, [], 140);
    case 'cancelled':
      return [t('canceled'), ...stepPart(view), ...agoPart(job, nowSeconds)].join(' · ');
    default:
      return untrustedText(job.status, [], 40).replaceAll('_', ' ');
  }
}

/** A job's status in one or two words; an unknown one as the provider writes it. */
export function jobStatusWord(status: JobStatus): string {
  switch (status) {
    case 'validating_files':
      return t('validating files');
    case 'queued':
      return t('queued');
    case 'running':
      return t('running');
    case 'paused':
      return t('paused');
    case 'succeeded':
      return t('succeeded');
    case 'failed':
      return t('failed');
    case 'cancelled':
      return t('canceled');
    default:
      return untrustedText(status, [], 40).replaceAll('_', ' ');
  }
}

function runningLine(view: JobView, nowSeconds: number): string {
  const steps = stepPart(view);
  if (steps.length === 0) return stageLine(view);
  const left = timeLeft(view, nowSeconds);
  const loss = lossesOf(view, 'train_loss').at(-1)?.loss ?? null;
  const parts = [...steps];
  if (left !== null) parts.push(t('{0} left', formatDuration(left)));
  if (loss !== null) parts.push(t('loss {0}', formatLoss(loss)));
  return parts.join(' · ');
}

/** Before the first step: the search for settings, where the engine tells of it. */
function stageLine({ events }: JobView): string {
  const stage = searchStage(events.messages[0]?.message ?? '');
  return stage === null
    ? t('starting')
    : t('choosing epochs and learning rate · epoch {0} of at most {1}', stage.epoch, stage.most);
}

function stepPart(view: JobView): readonly string[] {
  const { step, totalSteps } = progressOf(view);
  if (step === null) return [];
  return [totalSteps === null ? t('step {0}', step) : t('step {0}/{1}', step, totalSteps)];
}

function agoPart(job: Job, nowSeconds: number): readonly string[] {
  return job.finishedAt === null ? [] : [formatAgo(nowSeconds - job.finishedAt)];
}

/** Facts under a job's title: `500 examples`, `3 epochs`, `14 min 51 s`, `113,200 tokens trained`, `free`. */
export function jobFacts(
  job: Job,
  extra: {
    readonly examples: number | null;
    readonly priceEstimate: number | null;
    /** Price by the trained tokens; null or absent while unknown. */
    readonly cost?: number | null;
  },
): readonly string[] {
  const facts: string[] = [];
  if (extra.examples !== null) facts.push(tn(extra.examples, '{0} example', '{0} examples'));
  const epochs = job.hyperparameters.n_epochs;
  facts.push(epochs === 'auto' ? t('epochs auto') : tn(epochs, '{0} epoch', '{0} epochs'));
  // An import takes a moment, and how long the training took is not known.
  if (job.finishedAt !== null && job.createdAt > 0 && !isImported(job))
    facts.push(formatDuration(job.finishedAt - job.createdAt));
  if (job.trainedTokens !== null) facts.push(tn(job.trainedTokens, '{0} token trained', '{0} tokens trained'));
  const cost = costInWords(extra.cost ?? null, extra.priceEstimate);
  if (cost !== null) facts.push(cost);
  return facts;
}

/** Marks of checkpoints for the chart, with the ordinal of the epoch when full validation tells it. */
export function checkpointMarks(view: JobView): readonly { readonly step: number; readonly label: string }[] {
  const ends = view.curve.series('full_valid_loss').xs;
  return view.checkpoints
    .map(({ step }) => ({
      step,
      label: ends.includes(step) ? t('epoch {0} · checkpoint', ends.indexOf(step) + 1) : t('checkpoint'),
    }))
    .sort((a, b) => a.step - b.step);
}

/** Sentences about the state or the result of a job, with their evidence. They draw no conclusion about trends. */
export function jobHeadline(view: JobView): Headline {
  const { job } = view;
  const { step, totalSteps } = progressOf(view);
  if (job.status === 'failed') {
    return {
      tone: 'bad',
      text: job.error === null ? t('The job failed. The provider gave no reason.') : failure(job.error),
    };
  }
  if (job.status === 'cancelled') {
    return { tone: 'neutral', text: canceled(step, totalSteps) };
  }
  const flagged = view.events.messages.find((event) => (event.moderation?.flagged.length ?? 0) > 0)?.moderation
    ?.flagged;
  if (flagged) {
    return { tone: 'warning', text: t("The provider's policy checks flagged {0}.", untrustedText(flagged.join(', '))) };
  }
  if (step === null) return { tone: 'neutral', text: waiting(view) };
  const over = job.status === 'succeeded';
  const evidence = over ? finished(view) : underWay(view, step, totalSteps);
  const text = isImported(job) ? `${t('Imported: an adapter that was trained elsewhere.')} ${evidence}` : evidence;
  return { tone: 'neutral', text };
}

function failure({ message }: NonNullable<Job['error']>): string {
  const reason = untrustedText(message).replace(/\.$/, '');
  // Some providers begin with the same words, and the local server with better ones.
  return /^the job (?:failed|was interrupted)\b/i.test(reason) ? `${reason}.` : t('The job failed: {0}.', reason);
}

function canceled(step: number | null, totalSteps: number | null): string {
  if (step === null) return t('The job was canceled before the first step.');
  return totalSteps === null
    ? t('The job was canceled at step {0}.', step)
    : t('The job was canceled at step {0} of {1}.', step, totalSteps);
}

function waiting({ job, events }: JobView): string {
  const stage = job.status === 'running' ? searchStage(events.messages[0]?.message ?? '') : null;
  if (stage !== null)
    return t(
      'Choosing epochs and learning rate on held-back examples: epoch {0} of at most {1} with learning rate multiplier {2}.',
      stage.epoch,
      stage.most,
      stage.multiplier,
    );
  if (job.status === 'validating_files') return t('The provider is checking the files.');
  if (job.status === 'queued') return t('Waiting for the provider to start.');
  if (isImported(job)) return t('Imported: an adapter that was trained elsewhere, without curves.');
  if (job.status === 'succeeded') return t('The job succeeded; the provider reported no losses.');
  if (job.status === 'paused') return t('Paused before the first step.');
  return t('Waiting for the first step.');
}

function underWay(view: JobView, step: number, totalSteps: number | null): string {
  const sentences = [place(view.job.status === 'paused', step, totalSteps)];
  const full = lossesOf(view, 'full_valid_loss').at(-1);
  if (full) sentences.push(t('Full validation loss {0} at step {1}.', formatLoss(full.loss), full.step));
  return sentences.join(' ');
}

function place(paused: boolean, step: number, totalSteps: number | null): string {
  if (paused) {
    return totalSteps === null ? t('Paused at step {0}.', step) : t('Paused at step {0} of {1}.', step, totalSteps);
  }
  return totalSteps === null ? t('Step {0}.', step) : t('Step {0} of {1}.', step, totalSteps);
}

/** Facts at the end. What the curves say is judged where they are drawn; a single batch says nothing. */
function finished(view: JobView): string {
  const full = view.curve.series('full_valid_loss');
  const sentences: string[] = [];
  const early = view.events.messages.map(({ message }) => stoppedEarly(message)).find((one) => one !== null);
  if (early)
    sentences.push(
      t(
        'Stopped early at step {0} of {1}, since validation had been getting worse since step {2}; the model is the checkpoint at step {3}.',
        early.step,
        early.totalSteps,
        early.since,
        early.checkpoint,
      ),
    );
  if (full.length > 0) sentences.push(lowestFull(full));
  else if (view.job.validationFile === null)
    sentences.push(stepsDone(view), t('Without a validation file nothing is known about other data.'));
  else sentences.push(stepsDone(view), t('No full validation loss was reported.'));
  const unconditional = unconditionalOf(view.events);
  if (unconditional !== null)
    sentences.push(
      unconditional.role === 'train'
        ? t('Without looking at the prompts the training loss is {0}.', formatLoss(unconditional.loss))
        : t('Without looking at the prompts the validation loss is {0}.', formatLoss(unconditional.loss)),
    );
  return sentences.join(' ');
}

function stepsDone({ curve }: JobView): string {
  return tn(curve.stepAt(curve.length - 1), 'Trained for {0} step.', 'Trained for {0} steps.');
}

function lowestFull({ xs, ys, length }: SeriesView): string {
  let at = 0;
  for (let i = 1; i < length; i++) if ((ys[i] ?? 0) < (ys[at] ?? 0)) at = i;
  const [loss, step] = [formatLoss(ys[at] ?? 0), xs[at] ?? 0];
  return length === 1
    ? t('Full validation loss {0} at step {1}, measured once.', loss, step)
    : tn(
        length,
        'The lowest of {0} full validation loss is {1}, at step {2}.',
        'The lowest of {0} full validation losses is {1}, at step {2}.',
        loss,
        step,
      );
}

/** Messages at the begin of a job among which the loss without the prompts is. */
const MOST_OPENING = 50;

/** Loss without looking at the prompts, where an event told it. */
export function unconditionalOf({ messages }: EventHistory): UnconditionalLoss | null {
  for (const { message } of messages.slice(-MOST_OPENING)) {
    const loss = unconditionalLoss(message);
    if (loss) return loss;
  }
  return null;
}

interface Loss {
  readonly step: number;
  readonly loss: number;
}

/** First and last loss of a series: empty for a series without points, one entry for a single point. */
function lossesOf({ curve }: JobView, name: 'train_loss' | 'full_valid_loss'): readonly Loss[] {
  const { xs, ys, length } = curve.series(name);
  const at = (index: number): Loss => ({ step: xs[index] ?? 0, loss: ys[index] ?? 0 });
  return length === 0 ? [] : length === 1 ? [at(0)] : [at(0), at(length - 1)];
}
