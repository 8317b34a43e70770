import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { t } from '../../../core/base/messages.ts';
import { factText } from '../../../core/evaluation/comparison/fact.ts';
import { questionOf } from '../../../core/evaluation/comparison/question.ts';
import { subjectOf } from '../../../core/evaluation/comparison/subject.ts';
import { priceTable } from '../../../core/cost/prices.ts';
import type { Connection } from '../../../core/provider/connection.ts';
import { jobCost } from '../../../core/training/jobCost.ts';
import { stopsEarly } from '../../../core/training/earlyStop.ts';
import { stoppedEarly } from '../../../core/training/words/stages.ts';
import { jobRow, walkPoints, type JobRow, type RowEvaluation } from '../../../core/training/compare/jobRow.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { priceOverrides } from '../../config.ts';
import type { Services } from '../../services.ts';

/** Points of a metric that are looked at before something else has its turn. */
const POINTS_A_TURN = 100_000;

type RowServices = Pick<Services, 'connections' | 'runs'>;

/** Makes rows of job records: with the connection's name, the price, and what the newest evaluation of the model says. */
export class JobRows {
  readonly #services: RowServices;
  #connections: ReadonlyMap<string, Connection> = new Map();
  #evaluations: ReadonlyMap<string, RowEvaluation> = new Map();
  #prices = priceTable(priceOverrides());

  constructor(services: RowServices) {
    this.#services = services;
  }

  /** Reads connections, prices and evaluations again. */
  async load(): Promise<void> {
    this.#connections = new Map((await this.#services.connections.list()).map((one) => [one.id, one]));
    this.#prices = priceTable(priceOverrides());
    this.readEvaluations();
  }

  /** Reads again what the evaluations say; models of which it changed. */
  readEvaluations(): ReadonlySet<string> {
    const before = this.#evaluations;
    const now = new Map<string, RowEvaluation>();
    // Newest first: the first one of a model counts.
    for (const { config, fact } of this.#services.runs.list()) {
      const subject = subjectOf(config.contestants, questionOf(config).baseline);
      if (!fact || subject?.model === undefined || subject.connectionId === undefined) continue;
      const model = `${subject.connectionId} ${subject.model}`;
      if (now.has(model)) continue;
      now.set(model, { runId: config.id, metric: fact.metric, value: fact.value, text: factText(fact) });
    }
    this.#evaluations = now;
    const models = new Set([...before.keys(), ...now.keys()]);
    return new Set([...models].filter((model) => JSON.stringify(before.get(model)) !== JSON.stringify(now.get(model))));
  }

  /** Key of the job's model in the set that `readEvaluations` gives; null before it has one. */
  modelOf({ connectionId, job }: Pick<JobRecord, 'connectionId' | 'job'>): string | null {
    return job.fineTunedModel === null ? null : `${connectionId} ${job.fineTunedModel}`;
  }

  /** Whether the connection of a job is still there; others have no row. */
  knows({ connectionId }: Pick<JobRecord, 'connectionId'>): boolean {
    return this.#connections.has(connectionId);
  }

  /** Walks over the points of some jobs, a part a turn of the thread; their rows are made in no time afterwards. */
  async walk(records: readonly JobRecord[]): Promise<void> {
    for (const { curve } of records) {
      do await setImmediate();
      while (walkPoints(curve, POINTS_A_TURN));
    }
  }

  /** Null for a job whose connection was removed. */
  rowOf(record: JobRecord): JobRow | null {
    const { connectionId, job, curve, local } = record;
    const connection = this.#connections.get(connectionId);
    if (!connection) return null;
    const model = this.modelOf(record);
    return jobRow(
      {
        job,
        curve,
        local,
        connectionName: connection.name,
        cost: jobCost(job, connection, this.#prices),
        dataset: local.sourcePath === null ? job.trainingFile : path.basename(local.sourcePath),
        validation: local.splitSeed === null ? job.validationFile : t('split off, seed {0}', String(local.splitSeed)),
        stoppedEarly:
          stopsEarly(job.metadata) && record.events.messages.some(({ message }) => stoppedEarly(message) !== null),
        evaluation: model === null ? null : (this.#evaluations.get(model) ?? null),
      },
      connectionId,
    );
  }
}
