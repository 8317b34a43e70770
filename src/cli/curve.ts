import { readFileSync, statSync } from 'node:fs';
import { t, tn } from '../core/base/messages.ts';
import { fail, type Problem, type Result } from '../core/base/result.ts';
import { readCurves, type Curves } from '../core/training/curves/curveFile.ts';
import { metricSeries, seriesByName } from '../core/training/curves/series.ts';
import { isTerminal, type Job } from '../core/training/job.ts';
import { gapSentence, noteSentence, notesOf } from '../core/training/verdict/hints.ts';
import { judgeGap } from '../core/training/verdict/gap.ts';
import { judgeCurve } from '../core/training/verdict/judge.ts';
import { liveSentence, looksAt, type LivePoints } from '../core/training/verdict/live.ts';
import { curveSentence } from '../core/training/verdict/sentence.ts';
import { betterOf, hasDirection, isFullValidation, trainingLossFor } from '../core/training/verdict/seriesNames.ts';
import type { Verdict } from '../core/training/verdict/verdict.ts';
import { attempt, oneJob, openProvider } from './jobs.ts';
import { EXIT, FORMATS, formatOf, parseOptions, UsageError } from './options.ts';
import { TARGET_OPTIONS } from './target.ts';
import { inWords, print, say, visible } from './terminal.ts';

/** Verdict on one series, as the JSON format has it. */
interface Entry {
  readonly file: string;
  readonly series: string;
  readonly points: number;
  readonly verdict: Verdict['code'];
  readonly clearly: boolean;
  readonly since: number | null;
  readonly between: readonly [number, number] | null;
  readonly bound: number | null;
  readonly best: { readonly step: number; readonly value: number } | null;
  readonly sentence: string;
}

/** Sources of the curves of one file or job. */
interface Source {
  /** Path as given, or id of the job. */
  readonly file: string;
  readonly series: ReadonlyMap<string, LivePoints>;
  readonly epochs: number | null;
  readonly batchSize: number | null;
  /** Training has not ended; its last step, if that is known. */
  readonly running: { readonly totalSteps: number | null } | null;
}

/** Says what can be claimed of the curves in files, or of a job; returns the exit code: 2 when something could not be read. */
export async function curve(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, { ...TARGET_OPTIONS, job: { type: 'string' } });
  const format = formatOf(values.format, FORMATS);
  const sources: Source[] = [];
  let failed = false;
  if (values.job !== undefined) {
    if (positionals[0] !== undefined)
      throw new UsageError(t('curve takes files or --job, so {0} is not understood.', positionals[0]));
    sources.push(await jobSource(values, values.job));
  } else {
    refuseTargets(values);
    if (positionals.length === 0) throw new UsageError(t('FILE is missing.'));
    for (const path of positionals) {
      const read = readFile(path);
      if (read.ok) sources.push(fileSource(path, read.value));
      else say(inWords(read.error));
      failed ||= !read.ok;
    }
  }
  for (const source of sources) tellOthers(source);
  const told = sources.map((source) => ({ source, entries: entriesOf(source) }));
  if (format === 'json') {
    print(
      `${JSON.stringify(
        told.flatMap(({ entries }) => entries),
        null,
        2,
      )}\n`,
    );
  } else for (const { entries, source } of told) print(textOf(entries, source));
  return failed ? EXIT.failed : EXIT.ok;
}

/** Refuses the options of a job for files. @throws UsageError */
function refuseTargets(values: { readonly [name: string]: unknown }): void {
  for (const name of ['connection', 'base-url', 'data-dir'])
    if (values[name] !== undefined) throw new UsageError(t('{0} needs {1}.', `--${name}`, '--job'));
}

function readFile(path: string): Result<Curves> {
  let bytes: Buffer;
  try {
    if (statSync(path).isDirectory()) return fail(unreadable(t('{0} is a folder.', path)));
    bytes = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return fail(unreadable(t('{0} does not exist.', path)));
    if (code === 'EACCES' || code === 'EPERM')
      return fail(unreadable(t('{0} cannot be read: permission denied.', path)));
    return fail(unreadable(t('{0} cannot be read.', path)));
  }
  return readCurves(bytes, path);
}

function unreadable(message: string): Problem {
  return { code: 'unreadable-file', message, action: t('Check the path.') };
}

/** Curves of a file; what was not read of it is told. */
function fileSource(file: string, curves: Curves): Source {
  const [first] = curves.problems;
  if (first !== undefined) {
    say(
      visible(
        tn(
          curves.problemCount,
          '{1}: {0} place could not be read, in line {2}: {3}',
          '{1}: {0} places could not be read; the first is in line {2}: {3}',
          file,
          first.line,
          first.reason,
        ),
      ),
    );
  }
  return { file, series: curves.series, epochs: curves.epochs, batchSize: null, running: null };
}

async function jobSource(values: Parameters<typeof oneJob>[0], jobId: string): Promise<Source> {
  const { id, storage, target } = await oneJob(values, [jobId]);
  const provider = await openProvider(target, storage);
  const job: Job = await attempt(provider.retrieveJob(id));
  const points = metricSeries(await attempt(provider.listEvents(id)));
  const series = new Map(
    [...seriesByName(points)].map(([name, figures]) => [
      name,
      {
        steps: Float64Array.from(figures, ({ step }) => step),
        values: Float64Array.from(figures, ({ value }) => value),
      },
    ]),
  );
  const { batch_size: batchSize, n_epochs: epochs } = job.hyperparameters;
  return {
    file: id,
    series,
    epochs: typeof epochs === 'number' ? epochs : null,
    batchSize: typeof batchSize === 'number' ? batchSize : null,
    running: isTerminal(job.status) ? null : { totalSteps: points.at(-1)?.totalSteps ?? null },
  };
}

function entriesOf({ file, running, series }: Source): readonly Entry[] {
  return [...series].flatMap(([name, { steps, values }]): Entry[] => {
    if (!hasDirection(name)) return [];
    const better = betterOf(name);
    const whole = judgeCurve(steps, values, { better });
    const looks = running === null ? null : looksAt({ steps, values }, running.totalSteps, better);
    // A claim that only one look has found is none yet.
    const claimed = looks === null || (looks.stands && looks.last !== null);
    const verdict = looks?.last ?? whole;
    const sentence = looks === null ? null : liveSentence(looks, name);
    return [
      {
        file,
        series: name,
        points: whole.points,
        verdict: claimed ? verdict.code : whole.points < 13 ? 'few-points' : 'too-noisy',
        clearly: claimed && verdict.clearly,
        since: claimed ? (verdict.since?.step ?? null) : null,
        between: claimed ? (verdict.since?.between ?? null) : null,
        bound: claimed ? verdict.bound : null,
        best: isFullValidation(name) ? whole.best : null,
        sentence: sentence ?? curveSentence(verdict, { series: name }),
      },
    ];
  });
}

function textOf(entries: readonly Entry[], source: Source): string {
  const { file } = source;
  const lines = entries.map(({ sentence, series }) =>
    [t('{0}, {1}: {2}', file, series, sentence), ...notesOf(series, source).map(noteSentence)].join(' '),
  );
  const gap = gapOf(source);
  if (gap !== null) lines.push(t('{0}: {1}', file, gap));
  return lines.map((line) => `${visible(line)}\n`).join('');
}

/** Tells which series have no verdict. */
function tellOthers({ file, series }: Source): void {
  const others = [...series.keys()].filter((name) => !hasDirection(name));
  if (others.length > 0)
    say(
      visible(
        tn(
          others.length,
          '{1}: no verdict on {0} series that has no better direction: {2}.',
          '{1}: no verdict on {0} series that have no better direction: {2}.',
          file,
          others.join(', '),
        ),
      ),
    );
}

/** Sentence about training against validation, where both are in the file under names that belong together. */
function gapOf({ series }: Source): string | null {
  const names = [...series.keys()];
  for (const validation of names) {
    const training = trainingLossFor(validation, names);
    const [train, valid] = [training === null ? undefined : series.get(training), series.get(validation)];
    const gap = train === undefined || valid === undefined ? null : judgeGap(train, valid);
    const sentence = gap === null ? null : gapSentence(gap);
    if (sentence !== null) return sentence;
  }
  return null;
}
