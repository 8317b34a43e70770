import type { FileRole, IntentFact, IntentRecord } from './intentJournal.ts';
import { intentsFolder, listIntents, readIntent } from './intentJournal.ts';

type FactOf<Name extends IntentFact['fact']> = Extract<IntentFact, { readonly fact: Name }>;

/**
 * Stage of a start. `planned`: nothing was sent. `uploading`: a file may be at the provider. `uploaded`: all files are. `unknown`:
 * the request for the job was sent, or was about to be: there may be a job. The others are final.
 */
export type IntentStage =
  'planned' | 'uploading' | 'uploaded' | 'unknown' | 'created' | 'failed' | 'cancelled' | 'dismissed';

/** Content of a journal. */
export interface IntentState {
  readonly intentId: string;
  /** Unix milliseconds of the first and the last fact. */
  readonly startedAt: number;
  readonly changedAt: number;
  readonly stage: IntentStage;
  readonly planned: FactOf<'planned'> | null;
  readonly snapshots: Partial<Readonly<Record<FileRole, FactOf<'snapshot'>>>>;
  /** Names under which a file may have been sent. */
  readonly sent: Partial<Readonly<Record<FileRole, string>>>;
  /** Begun uploads in parts, with the parts that arrived. */
  readonly uploads: Partial<
    Readonly<Record<FileRole, FactOf<'upload'> & { readonly parts: ReadonlyMap<number, string> }>>
  >;
  readonly files: Partial<Readonly<Record<FileRole, FactOf<'uploaded'>>>>;
  readonly creating: FactOf<'creating'> | null;
  readonly created: FactOf<'created'> | null;
}

/** Replays the facts in their order. */
export function replayIntent(intentId: string, records: readonly IntentRecord[]): IntentState {
  let stage: IntentStage = 'planned';
  let planned: FactOf<'planned'> | null = null;
  let creating: FactOf<'creating'> | null = null;
  let created: FactOf<'created'> | null = null;
  const snapshots: Partial<Record<FileRole, FactOf<'snapshot'>>> = {};
  const sent: Partial<Record<FileRole, string>> = {};
  const uploads: Partial<Record<FileRole, FactOf<'upload'> & { parts: Map<number, string> }>> = {};
  const files: Partial<Record<FileRole, FactOf<'uploaded'>>> = {};
  for (const { entry } of records) {
    switch (entry.fact) {
      case 'planned':
        planned = entry;
        break;
      case 'snapshot':
        snapshots[entry.role] = entry;
        break;
      case 'uploading':
        sent[entry.role] = entry.filename;
        stage = 'uploading';
        break;
      case 'upload':
        uploads[entry.role] = { ...entry, parts: new Map() };
        break;
      case 'part': {
        const upload = uploads[entry.role];
        if (upload?.uploadId === entry.uploadId) upload.parts.set(entry.index, entry.partId);
        break;
      }
      case 'uploaded':
        files[entry.role] = entry;
        stage = files.training && (files.validation || !planned?.validationPath) ? 'uploaded' : 'uploading';
        break;
      case 'creating':
        creating = entry;
        stage = 'unknown';
        break;
      case 'unknown':
        stage = 'unknown';
        break;
      case 'created':
        created = entry;
        stage = 'created';
        break;
      case 'failed':
      case 'cancelled':
      case 'dismissed':
        stage = entry.fact;
        break;
    }
  }
  return {
    intentId,
    startedAt: records[0]?.at ?? 0,
    changedAt: records.at(-1)?.at ?? 0,
    stage,
    planned,
    snapshots,
    sent,
    uploads,
    files,
    creating,
    created,
  };
}

/** Reads one start of this storage folder. */
export async function intentState(folder: string, intentId: string): Promise<IntentState> {
  return replayIntent(intentId, await readIntent(intentsFolder(folder), intentId));
}

/** Reads all starts of this storage folder, oldest first. */
export async function readIntents(folder: string): Promise<readonly IntentState[]> {
  const intents = intentsFolder(folder);
  const states: IntentState[] = [];
  for (const id of await listIntents(intents)) {
    const records = await readIntent(intents, id);
    if (records.length > 0) states.push(replayIntent(id, records));
  }
  return states;
}
