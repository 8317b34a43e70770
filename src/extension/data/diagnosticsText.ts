// Text of *Export Diagnostics…*. Pure: every value is listed here, everything passes the redactor, nothing is a dataset's.
import { t } from '../../core/base/messages.ts';
import type { Connection } from '../../core/provider/connection.ts';
import { originOf } from '../../core/provider/addresses.ts';
import { redact } from '../../core/base/redact.ts';
import { untrustedText } from '../../core/base/untrustedText.ts';
import type { JobRecord } from '../../jobs/store/jobRecord.ts';
import type { UnfinishedStart } from '../../jobs/start/recovery.ts';
import type { RegisteredRun } from '../../evals/registry.ts';

export interface DiagnosticsInput {
  /** Unix milliseconds. */
  readonly at: number;
  readonly versions: Readonly<Record<string, string>>;
  /** Effective values of the extension's settings. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly connections: readonly Connection[];
  readonly jobs: readonly JobRecord[];
  readonly starts: readonly UnfinishedStart[];
  readonly runs: readonly RegisteredRun[];
  /** Bytes by kind of data. */
  readonly kept: Readonly<Record<string, number>>;
  /** Newest last. */
  readonly log: readonly string[];
  /** Home folder of the user; its path is written as `~`. Empty: none. */
  readonly home: string;
  /** Values that are always secret, in any format. */
  readonly secrets: readonly string[];
}

const MOST_JOBS = 200;
const MOST_LINES = 1000;

/** Makes JSON that the user can read before sending it. */
export function diagnosticsText(input: DiagnosticsInput): string {
  const { secrets } = input;
  const clean = (text: string, limit = 300): string =>
    untrustedText(input.home === '' ? text : text.replaceAll(input.home, '~'), secrets, limit);
  const bundle = {
    about: t(
      'Tuning Fork diagnostics. Contains no keys and no text of datasets; the log may contain file names. Read everything before you send it.',
    ),
    written: new Date(input.at).toISOString(),
    versions: input.versions,
    settings: input.settings,
    connections: input.connections.map((connection) => ({
      kind: connection.kind,
      origin: originOf(connection.baseUrl),
      checked: connection.checked?.capabilities ?? null,
    })),
    kept: input.kept,
    starts: input.starts.map(({ stage, startedAt, files }) => ({ stage, startedAt, files: files.length })),
    jobs: input.jobs.slice(0, MOST_JOBS).map((record) => {
      const { job, local } = record;
      return {
        id: clean(job.id, 100),
        connection: input.connections.findIndex(({ id }) => id === record.connectionId),
        status: clean(job.status, 40),
        model: clean(job.model, 100),
        method: clean(job.method, 40),
        hyperparameters: Object.fromEntries(
          Object.entries(job.hyperparameters).map(([name, value]) => [name, clean(String(value), 20)]),
        ),
        createdAt: job.createdAt,
        finishedAt: job.finishedAt,
        hasModel: job.fineTunedModel !== null,
        resultFiles: job.resultFiles.length,
        trainedTokens: job.trainedTokens,
        // A provider's message about a file may quote from it: only the code is included.
        errorCode: job.error === null ? null : clean(job.error.code, 60),
        events: record.events.length,
        metrics: record.curve.length,
        checkpoints: record.checkpoints.length,
        complete: record.complete,
        gone: record.gone,
        startedHere: local.startedHere,
        notified: local.notified,
      };
    }),
    jobsLeftOut: Math.max(0, input.jobs.length - MOST_JOBS),
    evaluations: input.runs.map(({ config, status, answered }) => ({
      status,
      answered,
      items: config.testFile.items,
      contestants: config.contestants.length,
      grader: config.grader,
    })),
    log: input.log.slice(-MOST_LINES).map((line) => clean(line, 1000)),
  };
  // Once more over the whole text, so that a field added above cannot slip through.
  return `${redact(JSON.stringify(bundle, null, 2), secrets)}\n`;
}
