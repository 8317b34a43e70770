import path from 'node:path';
import { t } from '../../core/base/messages.ts';
import { MAX_PART_BYTES, type ProviderFile } from '../../core/provider/api.ts';
import { isProviderFailure, type ProviderFailure } from '../../core/provider/failure.ts';
import { fail, ok, type Problem, type Result } from '../../core/base/result.ts';
import { fileRefused, readinessOf } from './fileReady.ts';
import type { FileRole, IntentJournal } from './intentJournal.ts';
import { type IntentState, readIntents } from './intentState.ts';
import { sleep } from './sleep.ts';
import { type StartJobDeps } from './startContract.ts';
import type { Snapshot } from './snapshot.ts';

const UPLOAD_ATTEMPTS = 3;
/** Size above which single requests fail at providers and proxies (reported from 150 MB on). */
const PARTS_THRESHOLD = 100e6;
/** Time before its expiry from which an upload is not continued. */
const EXPIRY_MARGIN_S = 120;

export interface UploadedFile {
  readonly id: string;
  /** Other starts may use the same file. */
  readonly reused: boolean;
  /** Status at the provider; null when it does not tell. */
  readonly status: string | null;
}

export interface UploadJob {
  readonly role: FileRole;
  readonly snapshot: Snapshot;
  readonly filename: string;
  readonly connectionId: string;
  /** Progress of an interrupted start. */
  readonly state: IntentState;
  readonly onProgress: (fraction: number) => void;
}

/** Makes a name that is unique for this intent and readable: `prices.ft-1a2b3c4d.jsonl`. It has the last characters of the id: the first are the time. */
export function uploadName(source: string, role: FileRole, intentId: string): string {
  const base = path.basename(source).replace(/\.(jsonl|ndjson|json)$/i, '') || role;
  return `${base}.ft-${intentId.slice(-8)}${role === 'validation' ? '-v' : ''}.jsonl`;
}

/**
 * Uploads one snapshot, once: the file of an interrupted start is used, the same content of an earlier start too as long as the
 * provider still has it, and a file whose answer was lost is looked for before anything is sent again.
 */
export async function upload(
  job: UploadJob,
  deps: StartJobDeps,
  journal: IntentJournal,
): Promise<Result<UploadedFile>> {
  const { role, snapshot, filename } = job;
  const taken = await takeExisting(job, deps);
  if (taken) {
    await journal.append({ fact: 'uploaded', role, fileId: taken.id, filename, reused: taken.reused });
    return ok(taken);
  }
  // The file of an interrupted upload may have arrived.
  const lost = job.state.sent[role] === undefined ? null : await findFile(filename, snapshot.bytes, deps);
  if (lost && !lost.ok) return lost;
  let sent = lost?.value ? ok(lost.value) : null;
  if (!sent) {
    if (job.state.sent[role] === undefined) await journal.append({ fact: 'uploading', role, filename });
    deps.failpoint?.(`uploading ${role}`);
    const threshold = deps.parts?.threshold ?? PARTS_THRESHOLD;
    const inParts = snapshot.bytes > threshold ? await sendInParts(job, deps, journal) : null;
    const result = inParts ?? (await sendWhole(job, deps));
    if (!result.ok) return result;
    sent = result;
  }
  const file = sent.value;
  deps.failpoint?.(`arrived ${role}`);
  await journal.append({ fact: 'uploaded', role, fileId: file.id, filename, reused: false });
  if (file.status !== null && readinessOf(file.status) === 'refused')
    return fail(fileRefused(file.filename || filename, file.status));
  return ok({ id: file.id, reused: false, status: file.status });
}

/** Returns the file of an interrupted start, or the same content from an earlier one, if the provider still has it. */
async function takeExisting(job: UploadJob, deps: StartJobDeps): Promise<UploadedFile | null> {
  const own = job.state.files[job.role];
  if (own) {
    const alive = await aliveFile(own.fileId, job.snapshot.bytes, deps);
    return alive && { id: own.fileId, reused: own.reused, status: alive.status };
  }
  for (const id of await reusableFiles(job, deps.folder)) {
    const alive = await aliveFile(id, job.snapshot.bytes, deps);
    if (alive) return { id, reused: true, status: alive.status };
  }
  return null;
}

/**
 * Lists files at this connection with the content of the snapshot, newest first, from the journals of earlier starts. One that may have a
 * job is left out unless the connection is known to keep metadata: its jobs could not be told apart by the file.
 */
async function reusableFiles(job: UploadJob, folder: string): Promise<readonly string[]> {
  const intents = (await readIntents(folder)).filter(
    ({ planned, intentId }) => planned?.connectionId === job.connectionId && intentId !== job.state.intentId,
  );
  const metadataKept = intents.some(({ created }) => created?.metadataKept === true);
  const ids = intents.flatMap((intent) => {
    const asked = intent.creating !== null;
    const file = intent.files[job.role];
    const same = intent.snapshots[job.role]?.sha256 === job.snapshot.sha256;
    return file && same && (!asked || metadataKept) ? [file.fileId] : [];
  });
  return [...new Set(ids.reverse())].slice(0, 3);
}

/** Returns the file if the provider still has it and can use it. */
async function aliveFile(fileId: string, bytes: number, deps: StartJobDeps): Promise<ProviderFile | null> {
  try {
    const file = await deps.provider.retrieveFile(fileId, withSignal(deps));
    const isUsable = readinessOf(file.status) !== 'refused' && (file.bytes === null || file.bytes === bytes);
    return isUsable ? file : null;
  } catch (error) {
    deps.signal?.throwIfAborted();
    if (!isProviderFailure(error)) throw error;
    return null;
  }
}

async function sendWhole(job: UploadJob, deps: StartJobDeps): Promise<Result<ProviderFile>> {
  const { snapshot, filename, onProgress } = job;
  for (let attempt = 1; ; attempt++) {
    try {
      return ok(await deps.provider.uploadFile({ path: snapshot.path }, filename, { ...withSignal(deps), onProgress }));
    } catch (error) {
      const failure = failureOf(error, deps);
      // A file that arrived although its answer was lost is used: a second upload would leave an orphan.
      const found = failure.outcome === 'unknown' ? await findFile(filename, snapshot.bytes, deps) : null;
      if (found && (!found.ok || found.value)) return found.ok && found.value ? ok(found.value) : fail(failure.problem);
      if (failure.advice !== 'later' || attempt >= UPLOAD_ATTEMPTS) return fail(failure.problem);
      await sleep(deps, failure.retryAfterMs ?? 1000 * attempt);
    }
  }
}

/** Uploads in parts; null where the provider does not support that, and the file has to be sent whole. */
async function sendInParts(
  job: UploadJob,
  deps: StartJobDeps,
  journal: IntentJournal,
): Promise<Result<ProviderFile> | null> {
  const { role, snapshot, filename } = job;
  const before = job.state.uploads[role];
  const fresh = before && (before.expiresAt === null || before.expiresAt - EXPIRY_MARGIN_S > Date.now() / 1000);
  let current = fresh ? { id: before.uploadId, partBytes: before.partBytes, parts: new Map(before.parts) } : null;
  for (let restart = 0; ; restart++) {
    if (!current) {
      const partBytes = deps.parts?.bytes ?? MAX_PART_BYTES;
      try {
        const begun = await deps.provider.createUpload(
          { filename, bytes: snapshot.bytes, purpose: 'fine-tune', mimeType: 'text/jsonl' },
          withSignal(deps),
        );
        await journal.append({ fact: 'upload', role, uploadId: begun.id, partBytes, expiresAt: begun.expiresAt });
        current = { id: begun.id, partBytes, parts: new Map<number, string>() };
      } catch (error) {
        const failure = failureOf(error, deps);
        return failure.status === 404 || failure.status === 405 ? null : fail(failure.problem);
      }
    }
    const sent = await sendParts(job, current, deps, journal);
    // The upload expired or is unknown to the provider, for example after a long break: one more try from the beginning.
    if (sent !== 'gone') return sent;
    if (restart >= 1) return fail(expired(filename));
    current = null;
  }
}

interface OpenUpload {
  readonly id: string;
  readonly partBytes: number;
  readonly parts: Map<number, string>;
}

async function sendParts(
  job: UploadJob,
  current: OpenUpload,
  deps: StartJobDeps,
  journal: IntentJournal,
): Promise<Result<ProviderFile> | 'gone'> {
  const { role, snapshot, filename, onProgress } = job;
  const count = Math.ceil(snapshot.bytes / current.partBytes);
  const share = (index: number, fraction: number): number =>
    Math.min(1, ((index + fraction) * current.partBytes) / snapshot.bytes);
  try {
    for (let index = 0; index < count; index++) {
      if (!current.parts.has(index)) {
        const range = { start: index * current.partBytes, length: current.partBytes };
        const partId = await patiently(deps, () =>
          deps.provider.addUploadPart(
            current.id,
            { path: snapshot.path, range },
            {
              ...withSignal(deps),
              onProgress: (fraction) => {
                onProgress(share(index, fraction));
              },
            },
          ),
        );
        await journal.append({ fact: 'part', role, uploadId: current.id, index, partId });
        current.parts.set(index, partId);
        deps.failpoint?.(`part ${role}`);
      }
      onProgress(share(index, 1));
    }
    const ids = [...current.parts].sort(([a], [b]) => a - b).map(([, id]) => id);
    return await complete(current.id, ids, filename, snapshot.bytes, deps);
  } catch (error) {
    if (deps.signal?.aborted === true) {
      // The sent parts are no longer wanted; they would expire by themselves within the hour.
      await deps.provider.cancelUpload(current.id).catch(() => undefined);
      deps.signal.throwIfAborted();
    }
    const failure = failureOf(error, deps);
    if (failure.outcome === 'refused' && (failure.status === 404 || failure.status === 400)) return 'gone';
    return fail(failure.problem);
  }
}

/** Completes an upload. Completing twice is refused: after a lost answer the file is looked for first. */
async function complete(
  uploadId: string,
  partIds: readonly string[],
  filename: string,
  bytes: number,
  deps: StartJobDeps,
): Promise<Result<ProviderFile>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return ok(await deps.provider.completeUpload(uploadId, partIds, withSignal(deps)));
    } catch (error) {
      const failure = failureOf(error, deps);
      const found = failure.outcome === 'not-sent' ? ok(null) : await findFile(filename, bytes, deps);
      if (found.ok && found.value) return ok(found.value);
      if (failure.advice !== 'later') throw failure;
      if (attempt >= UPLOAD_ATTEMPTS) return fail(failure.problem);
      await sleep(deps, failure.retryAfterMs ?? 1000 * attempt);
    }
  }
}

/** Sends a part again after any passing failure: a part that arrives twice costs nothing. */
async function patiently<T>(deps: StartJobDeps, send: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      const failure = failureOf(error, deps);
      if (failure.advice !== 'later' || attempt >= UPLOAD_ATTEMPTS) throw failure;
      await sleep(deps, failure.retryAfterMs ?? 1000 * attempt);
    }
  }
}

/** Finds the file of this name and size, null when the provider has none; a failure when the list could not be read. */
async function findFile(filename: string, bytes: number, deps: StartJobDeps): Promise<Result<ProviderFile | null>> {
  try {
    const files = await deps.provider.listFiles(withSignal(deps));
    return ok(
      files.find((file) => file.filename === filename && (file.bytes === null || file.bytes === bytes)) ?? null,
    );
  } catch (error) {
    return fail(failureOf(error, deps).problem);
  }
}

/** Returns the provider's failure; throws any other error (the abort, a bug, the disk) again. */
function failureOf(error: unknown, deps: StartJobDeps): ProviderFailure {
  deps.signal?.throwIfAborted();
  if (!isProviderFailure(error)) throw error;
  return error;
}

function withSignal(deps: StartJobDeps): { readonly signal?: AbortSignal } {
  return deps.signal ? { signal: deps.signal } : {};
}

function expired(filename: string): Problem {
  return {
    code: 'upload-expired',
    message: t('The upload of {0} expired at the provider before it was complete.', filename),
    action: t('Try again with a faster network connection, or with a smaller file.'),
  };
}
