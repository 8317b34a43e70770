// Jobs in words. Pure; everything that stands in a tree or a panel about a job is made here.
import { count, plural } from '../../base/numbers.ts';
import { untrustedText } from '../../base/untrustedText.ts';
import { costInWords } from '../jobCost.ts';
import type { Checkpoint, Job, JobEvent, MetricPoint } from '../job.ts';

export interface JobView {
  readonly job: Job;
  /** Newest first. */
  readonly events: readonly JobEvent[];
  /** By step. */
  readonly metrics: readonly MetricPoint[];
  readonly checkpoints: readonly Checkpoint[];
}

export interface Headline {
  readonly tone: 'neutral' | 'good' | 'warning' | 'bad';
  readonly text: string;
}

/** `9 s`, `14 min 51 s`, `2 h 5 min`, `3 d 4 h`; for what is left and what it took. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${Math.floor(hours / 24)} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `just now`, `4 min ago`, `3 h ago`, `2 days ago`. */
export function formatAgo(seconds: number): string {
  if (seconds < 60) return 'just now';
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ago`;
  return `${Math.floor(hours / 24)} days ago`;
}

/** Two decimals; three significant digits when it is small. */
export function formatLoss(loss: number): string {
  return loss !== 0 && Math.abs(loss) < 0.1 ? loss.toPrecision(3) : loss.toFixed(2);
}

/** What lists call a job: the name it was given here, else the suffix, else its base model. */
export function jobTitle(job: Job, localName: string | null): string {
  const name = localName ?? job.metadata['tuning_fork_name'] ?? job.suffix ?? job.model;
  return untrustedText(name, [], 80) || untrustedText(job.id, [], 80) || 'Job';
}

export function progressOf(view: Pick<JobView, 'metrics'>): {
  readonly step: number | null;
  readonly totalSteps: number | null;
} {
  const last = view.metrics.at(-1);
  const totalSteps = view.metrics.findLast((point) => point.totalSteps !== null)?.totalSteps ?? null;
  return { step: last?.step ?? null, totalSteps };
}

/**
 * Seconds until training ends, from the time its steps took so far by the provider's own clock; else from the finish it announced;
 * null when neither says anything (fewer than two steps, less than a second of them).
 */
export function timeLeft(view: JobView, nowSeconds: number): number | null {
  if (view.job.status !== 'running') return null;
  const { step, totalSteps } = progressOf(view);
  const newest = view.events.find((event) => event.metrics !== null);
  const oldest = view.events.findLast((event) => event.metrics !== null);
  if (step !== null && totalSteps !== null && newest?.metrics && oldest?.metrics) {
    const steps = newest.metrics.step - oldest.metrics.step;
    const seconds = newest.createdAt - oldest.createdAt;
    if (steps > 0 && seconds >= 1) return Math.max(0, Math.ceil(((totalSteps - step) * seconds) / steps));
  }
  const { estimatedFinish } = view.job;
  return estimatedFinish !== null && estimatedFinish > nowSeconds ? Math.ceil(estimatedFinish - nowSeconds) : null;
}

/** The one fact beside a job's name in a tree: `step 212/750 · 9 s left · loss 2.41`. */
export function statusLine(view: JobView, nowSeconds: number): string {
  const { job } = view;
  switch (job.status) {
    case 'validating_files':
      return 'checking the files';
    case 'queued':
      return 'waiting to start';
    case 'running':
      return runningLine(view, nowSeconds);
    case 'paused':
      return ['paused', ...stepPart(view)].join(' · ');
    case 'succeeded':
      return job.fineTunedModel === null
        ? 'finishing'
        : [untrustedText(job.model, [], 100), ...agoPart(job, nowSeconds)].join(' · ');
    case 'failed':
      return job.error === null ? 'failed' : untrustedText(job.error.message, [], 140);
    case 'cancelled':
      return ['cancelled', ...stepPart(view), ...agoPart(job, nowSeconds)].join(' · ');
    default:
      return untrustedText(job.status, [], 40).replaceAll('_', ' ');
  }
}

function runningLine(view: JobView, nowSeconds: number): string {
  const steps = stepPart(view);
  if (steps.length === 0) return 'starting';
  const left = timeLeft(view, nowSeconds);
  const loss = view.metrics.findLast((point) => point.trainLoss !== null)?.trainLoss ?? null;
  const parts = [...steps];
  if (left !== null) parts.push(`${formatDuration(left)} left`);
  if (loss !== null) parts.push(`loss ${formatLoss(loss)}`);
  return parts.join(' · ');
}

function stepPart(view: JobView): readonly string[] {
  const { step, totalSteps } = progressOf(view);
  if (step === null) return [];
  return [totalSteps === null ? `step ${step}` : `step ${step}/${totalSteps}`];
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
    /** What it cost, by its trained tokens; null or absent while that is not known. */
    readonly cost?: number | null;
  },
): readonly string[] {
  const facts: string[] = [];
  if (extra.examples !== null) facts.push(plural(extra.examples, 'example'));
  const epochs = job.hyperparameters.n_epochs;
  facts.push(epochs === 'auto' ? 'epochs auto' : plural(epochs, 'epoch'));
  if (job.finishedAt !== null && job.createdAt > 0) facts.push(formatDuration(job.finishedAt - job.createdAt));
  if (job.trainedTokens !== null) facts.push(`${count(job.trainedTokens)} tokens trained`);
  const cost = costInWords(extra.cost ?? null, extra.priceEstimate);
  if (cost !== null) facts.push(cost);
  return facts;
}

/** Where epochs ended, for the chart: the ordinal when full validation tells it, else the step alone. */
export function checkpointMarks(view: JobView): readonly { readonly step: number; readonly label: string }[] {
  const ends = view.metrics.filter((point) => point.fullValidLoss !== null).map((point) => point.step);
  return view.checkpoints
    .map(({ step }) => ({
      step,
      label: ends.includes(step) ? `epoch ${ends.indexOf(step) + 1} · checkpoint` : 'checkpoint',
    }))
    .sort((a, b) => a.step - b.step);
}

/** One sentence that says what is going on or what came out, with its evidence. It draws no conclusion about trends. */
export function jobHeadline(view: JobView): Headline {
  const { job } = view;
  const { step, totalSteps } = progressOf(view);
  if (job.status === 'failed') {
    const reason =
      job.error === null ? 'the provider gave no reason' : untrustedText(job.error.message).replace(/\.$/, '');
    // Some providers begin with the same words, and the local server with better ones.
    return {
      tone: 'bad',
      text: /^the job (?:failed|was interrupted)\b/i.test(reason) ? `${reason}.` : `The job failed: ${reason}.`,
    };
  }
  if (job.status === 'cancelled') {
    const where =
      step === null ? ' before the first step' : ` at step ${step}${totalSteps === null ? '' : ` of ${totalSteps}`}`;
    return { tone: 'neutral', text: `The job was cancelled${where}.` };
  }
  const flagged = view.events.find((event) => (event.moderation?.flagged.length ?? 0) > 0)?.moderation?.flagged;
  if (flagged) {
    return { tone: 'warning', text: `The provider's policy checks flagged ${untrustedText(flagged.join(', '))}.` };
  }
  if (step === null) return { tone: 'neutral', text: waiting(job) };
  const over = job.status === 'succeeded';
  const evidence = over ? finished(view) : underWay(view, step, totalSteps);
  return { tone: 'neutral', text: evidence };
}

function waiting(job: Job): string {
  if (job.status === 'validating_files') return 'The provider is checking the files.';
  if (job.status === 'queued') return 'Waiting for the provider to start.';
  if (job.status === 'succeeded') return 'The job succeeded; the provider reported no losses.';
  if (job.status === 'paused') return 'Paused before the first step.';
  return 'Waiting for the first step.';
}

function underWay(view: JobView, step: number, totalSteps: number | null): string {
  const verb = view.job.status === 'paused' ? 'Paused at step' : 'Step';
  const parts = [`${verb} ${step}${totalSteps === null ? '' : ` of ${totalSteps}`}`];
  const train = lossesOf(view, 'trainLoss').at(-1);
  if (train) parts.push(`training loss ${formatLoss(train.loss)}`);
  const full = lossesOf(view, 'fullValidLoss').at(-1);
  if (full) parts.push(`full validation loss ${formatLoss(full.loss)} at step ${full.step}`);
  return `${parts.join(', ')}.`;
}

function finished(view: JobView): string {
  const full = lossesOf(view, 'fullValidLoss');
  const [firstFull, lastFull] = [full[0], full.at(-1)];
  if (firstFull && lastFull) {
    const end = `Full validation loss ${formatLoss(lastFull.loss)} at step ${lastFull.step}`;
    return firstFull === lastFull
      ? `${end}, measured once.`
      : `${end}, ${formatLoss(firstFull.loss)} at the first epoch's end (step ${firstFull.step}).`;
  }
  const train = lossesOf(view, 'trainLoss');
  const [first, last] = [train[0], train.at(-1)];
  if (!first || !last) return 'The job succeeded; the provider reported no losses.';
  const losses = `Training loss ${formatLoss(last.loss)} at step ${last.step}, ${formatLoss(first.loss)} at step ${first.step}, each on one batch`;
  return view.job.validationFile === null
    ? `${losses}; without a validation file nothing is known about other data.`
    : `${losses}; no full validation loss was reported.`;
}

function lossesOf(
  view: JobView,
  key: 'trainLoss' | 'fullValidLoss',
): readonly { readonly step: number; readonly loss: number }[] {
  return view.metrics.flatMap((point) => {
    const loss = point[key];
    return loss === null ? [] : [{ step: point.step, loss }];
  });
}
