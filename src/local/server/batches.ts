import { appendFile } from 'node:fs/promises';
import { constants, copyFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { ApiError } from './apiError.ts';
import { BATCH_ENDPOINT, type BatchError, checkInput, parseRequest, requestLines } from './batchInput.ts';
import type { BatchRecord, Row, WireBatch } from './batchRecords.ts';
import { batchRecordSchema, hasFailed, usageOf } from './batchRecords.ts';
import type { ChatParts, Usage } from './completions.ts';
import { prepareChat } from './completions.ts';
import { newId } from './ids.ts';
import { RecordFolder } from './recordFolder.ts';
import type { FileRecord } from './records.ts';

const ENDED: ReadonlySet<WireBatch['status']> = new Set(['completed', 'failed', 'cancelled', 'expired']);
const WINDOW_SECONDS = 24 * 3600;

const EXPIRED = { code: 'batch_expired', message: 'This request was not reached within the completion window.' };
const GONE: BatchError = {
  code: 'file_not_found',
  message: 'The input file is no longer there.',
  line: null,
  param: 'input_file_id',
};
const INTERNAL: BatchError = {
  code: 'internal_error',
  message: 'The local server failed to work on it.',
  line: null,
  param: null,
};

/** Facts from the rows that were written before a restart. */
interface Recovered {
  /** By custom_id. */
  readonly done: ReadonlySet<string>;
  /** Some were not reached in time. */
  readonly expired: boolean;
}

/**
 * Processes files of chat requests in the background, one request at a time and one batch after the other: training
 * and other clients have priority. Every answer is written before the next is made, so a batch continues after a restart.
 */
export class Batches {
  readonly #parts: ChatParts;
  readonly #folder: RecordFolder;
  readonly #records = new Map<string, BatchRecord>();
  readonly #queue: string[] = [];
  #order = 0;
  #working: Promise<void> | null = null;
  #closed = false;
  readonly #closing = new AbortController();

  constructor(parts: ChatParts) {
    this.#parts = parts;
    this.#folder = new RecordFolder(path.join(parts.store.folder, 'batches'));
    for (const record of this.#folder.load(batchRecordSchema).sort((a, b) => a.order - b.order)) {
      this.#records.set(record.batch.id, record);
      this.#order = record.order;
      if (!ENDED.has(record.batch.status)) this.#queue.push(record.batch.id);
    }
    this.#next();
  }

  get busy(): boolean {
    return this.#working !== null;
  }

  /** Newest first. */
  all(): WireBatch[] {
    return [...this.#records.values()].map(({ batch }) => batch).reverse();
  }

  get(id: string): WireBatch {
    const record = this.#records.get(id);
    if (!record) throw new ApiError(404, 'batch_not_found', `No batch found with id '${id}'.`, 'batch_id');
    return record.batch;
  }

  create(input: FileRecord, metadata: WireBatch['metadata'], expiresAfter: number | null): WireBatch {
    const created_at = this.#parts.store.nowSeconds();
    this.#order += 1;
    const batch: WireBatch = {
      id: newId('batch_'),
      object: 'batch',
      endpoint: BATCH_ENDPOINT,
      input_file_id: input.id,
      completion_window: '24h',
      status: 'validating',
      created_at,
      expires_at: created_at + WINDOW_SECONDS,
      request_counts: { total: 0, completed: 0, failed: 0 },
      metadata,
    };
    this.#save({ order: this.#order, batch, outputId: newId('file-'), errorId: newId('file-'), expiresAfter });
    this.#queue.push(batch.id);
    this.#next();
    return batch;
  }

  /** Cancels a batch: it ends after the current request, and its answers are kept. */
  cancel(id: string): WireBatch {
    const { status } = this.get(id);
    if (status === 'cancelling') return this.get(id);
    if (ENDED.has(status) || status === 'finalizing')
      throw new ApiError(400, 'batch_ended', `The batch ${id} is ${status} and cannot be cancelled.`, 'batch_id');
    this.#change(id, { status: 'cancelling', cancelling_at: this.#parts.store.nowSeconds() });
    return this.get(id);
  }

  /** Gives up the request that is being answered: it is asked again after the restart. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#closing.abort();
    await this.#working;
  }

  #next(): void {
    if (this.#working || this.#closed) return;
    const id = this.#queue.shift();
    if (id === undefined) return;
    this.#working = this.#work(id)
      .catch((error: unknown) => {
        process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
        if (!this.#closed) this.#end(id, 'failed', INTERNAL);
      })
      .then(() => {
        this.#working = null;
        this.#next();
      });
  }

  async #work(id: string): Promise<void> {
    const { store } = this.#parts;
    store.sweep();
    const input = store.files.get(this.get(id).input_file_id);
    if (this.#status(id) === 'validating') {
      const checked = input ? await checkInput(requestLines(store.streamFile(input))) : null;
      if (this.#closed) return;
      if (!checked?.ok) {
        this.#end(id, 'failed', ...(checked ? checked.error : [GONE]));
        return;
      }
      const { total, model } = checked.value;
      this.#set(id, { model, request_counts: { total, completed: 0, failed: 0 } });
      // Cancelled while the file was being read.
      if (this.#status(id) === 'validating')
        this.#change(id, { status: 'in_progress', in_progress_at: store.nowSeconds() });
    }
    if (this.#status(id) === 'finalizing') {
      this.#end(id, 'completed');
      return;
    }
    const recovered = this.#recover(id);
    const outcome = this.#status(id) === 'in_progress' ? await this.#answerAll(id, input, recovered) : 'cancelled';
    if (this.#closed) return;
    if (outcome === 'failed') this.#end(id, 'failed', GONE);
    else this.#end(id, outcome);
  }

  #status(id: string): WireBatch['status'] {
    return this.get(id).status;
  }

  async #answerAll(
    id: string,
    input: FileRecord | undefined,
    { done, expired: expiredBefore }: Recovered,
  ): Promise<'completed' | 'expired' | 'cancelled' | 'failed'> {
    const { store } = this.#parts;
    if (!input) return 'failed';
    let expired = expiredBefore;
    for await (const line of requestLines(store.streamFile(input))) {
      const request = parseRequest(line);
      if (!request.ok || done.has(request.value.customId)) continue;
      // Between two requests everything else has its turn.
      await setImmediate();
      if (this.#closed || this.#status(id) !== 'in_progress') return 'cancelled';
      expired ||= (this.get(id).expires_at ?? Infinity) <= store.nowSeconds();
      const { customId, body } = request.value;
      const row: Row = {
        id: newId('batch_req_'),
        custom_id: customId,
        response: expired ? null : await this.#answer(body),
        error: expired ? EXPIRED : null,
      };
      if (this.#closing.signal.aborted) return 'cancelled';
      await appendFile(this.#path(id, hasFailed(row)), `${JSON.stringify(row)}\n`, { mode: 0o600 });
      this.#count(id, row);
    }
    return expired ? 'expired' : 'completed';
  }

  async #answer(body: Readonly<Record<string, unknown>>): Promise<NonNullable<Row['response']>> {
    const request_id = newId('req_');
    try {
      const prepared = await prepareChat(body, this.#parts, this.#closing.signal);
      if (prepared.stream)
        throw new ApiError(400, 'unsupported_parameter', 'Requests of a batch are not streamed.', 'stream');
      return { status_code: 200, request_id, body: await prepared.complete() };
    } catch (error) {
      const known = error instanceof ApiError ? error : new ApiError(500, 'internal_error', 'The request failed.');
      return { status_code: known.status, request_id, body: known.body };
    }
  }

  /** Reads the answers from before a restart; a line that was cut off is asked again. */
  #recover(id: string): Recovered {
    const done = new Set<string>();
    let expired = false;
    const { total } = this.get(id).request_counts;
    this.#set(id, { request_counts: { total, completed: 0, failed: 0 }, usage: usageOf(0, 0) });
    for (const failed of [false, true]) {
      const file = this.#path(id, failed);
      if (!existsSync(file)) continue;
      const content = readFileSync(file);
      const end = content.lastIndexOf(0x0a) + 1;
      if (end < content.length) truncateSync(file, end);
      for (const line of content.toString('utf8', 0, end).split('\n').filter(Boolean)) {
        const row = JSON.parse(line) as Row;
        done.add(row.custom_id);
        expired ||= row.error?.code === EXPIRED.code;
        this.#count(id, row);
      }
    }
    return { done, expired };
  }

  /** Not saved each time: the rows themselves are what is counted after a restart. */
  #count(id: string, row: Row): void {
    const { request_counts, usage } = this.get(id);
    const { total, completed, failed } = request_counts;
    const used = (row.response?.body as { usage?: Usage } | undefined)?.usage;
    this.#set(id, {
      request_counts: hasFailed(row)
        ? { total, completed, failed: failed + 1 }
        : { total, completed: completed + 1, failed },
      usage: usageOf(
        (usage?.input_tokens ?? 0) + (used?.prompt_tokens ?? 0),
        (usage?.output_tokens ?? 0) + (used?.completion_tokens ?? 0),
      ),
    });
  }

  #end(id: string, ending: 'completed' | 'failed' | 'cancelled' | 'expired', ...errors: readonly BatchError[]): void {
    const { store } = this.#parts;
    if (ending === 'completed' && this.#status(id) !== 'finalizing')
      this.#change(id, { status: 'finalizing', finalizing_at: store.nowSeconds() });
    const output = this.#adopt(id, false);
    const failures = this.#adopt(id, true);
    this.#change(id, {
      status: ending,
      [`${ending}_at`]: store.nowSeconds(),
      ...(output === null ? {} : { output_file_id: output }),
      ...(failures === null ? {} : { error_file_id: failures }),
      ...(errors.length === 0 ? {} : { errors: { object: 'list', data: [...errors] } }),
    });
    for (const failed of [false, true]) rmSync(this.#path(id, failed), { force: true });
  }

  /** Makes the rows a file, once; null when there are none. */
  #adopt(id: string, failed: boolean): string | null {
    const { store } = this.#parts;
    const record = this.#records.get(id);
    if (!record) return null;
    const fileId = failed ? record.errorId : record.outputId;
    const file = this.#path(id, failed);
    if (store.files.has(fileId)) return fileId;
    if (!existsSync(file)) return null;
    // A copy: the rows stay until the batch says where they are.
    const copy = store.temporaryPath();
    copyFileSync(file, copy, constants.COPYFILE_FICLONE);
    const filename = `${id}_${failed ? 'error' : 'output'}.jsonl`;
    const facts = { id: fileId, filename, purpose: 'batch_output', expiresAfter: record.expiresAfter };
    return store.adoptFile(facts, copy, statSync(copy).size).id;
  }

  #path(id: string, failed: boolean): string {
    return this.#folder.path(`${id}.${failed ? 'errors' : 'output'}.jsonl`);
  }

  #set(id: string, changes: Partial<WireBatch>): BatchRecord | null {
    const record = this.#records.get(id);
    if (!record) return null;
    const changed = { ...record, batch: { ...record.batch, ...changes } };
    this.#records.set(id, changed);
    return changed;
  }

  #change(id: string, changes: Partial<WireBatch>): void {
    const changed = this.#set(id, changes);
    if (changed) this.#save(changed);
  }

  #save(record: BatchRecord): void {
    this.#folder.save(record.batch.id, record);
    this.#records.set(record.batch.id, record);
  }
}
