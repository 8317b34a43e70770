import { setTimeout as delay } from 'node:timers/promises';
import process from 'node:process';
import { OpenAI } from 'openai';
import { t } from '../core/base/messages.ts';
import type { Capabilities, Endpoint } from '../core/provider/connection.ts';
import { profileOf } from '../core/provider/profiles.ts';
import type { ChatMessage } from '../core/dataset/example.ts';
import type { SamplingParameter } from '../core/evaluation/types.ts';
import type {
  AdapterInfo,
  AdapterFolder,
  CallOptions,
  ChatReply,
  ChatRequest,
  CreateJobRequest,
  CreateUploadRequest,
  ImportedAdapter,
  JobPage,
  ListJobsQuery,
  ModelInfo,
  Provider,
  ProviderFile,
  Upload,
  UploadOptions,
  UploadSource,
} from '../core/provider/api.ts';
import { ProviderFailure } from '../core/provider/failure.ts';
import type { Checkpoint, Job, JobEvent } from '../core/training/job.ts';
import { Calls, PAGE, type Sleep } from './calls.ts';
import { DirectPost, type PostOptions } from './directPost.ts';
import { type Fetch, guardFetch } from './guardedFetch.ts';
import { jobBody } from './jobBody.ts';
import { probe } from './probe.ts';
import { refusedParameter } from './refusedParameter.ts';
import {
  readAdapter,
  readChat,
  readCheckpoint,
  readDeleted,
  readEvent,
  readFile,
  readId,
  readImported,
  readJob,
  readModel,
  readPage,
  readUpload,
  readUploadedFile,
} from './wire.ts';

export interface ClientDeps {
  /** Fetch for origins other than this machine; default: the global one, which in VS Code knows the proxy settings. */
  readonly fetch?: Fetch;
  readonly sleep?: Sleep;
  /**
   * Whether chat requests to other machines may go past `fetch`, over connections of our own: not where a proxy is set. Default: when
   * there is no `fetch` here, and the environment names no proxy.
   */
  readonly isDirect?: () => boolean;
}

const CHAT_TIMEOUT_MS = 120_000;
const PROBE_TIMEOUT_MS = 15_000;
/** Gigabytes are copied. */
const IMPORT_TIMEOUT_MS = 600_000;

/** Creates the API of one endpoint. Nothing is sent before a method is called; `Provider` lists the errors. */
export function createClient(endpoint: Endpoint, deps: ClientDeps = {}): Provider {
  return new Client(endpoint, deps);
}

class Client implements Provider {
  readonly baseUrl: string;
  readonly #endpoint: Endpoint;
  readonly #api: OpenAI;
  readonly #calls: Calls;
  readonly #direct: DirectPost;
  /** Refused parameters by model. */
  readonly #refused = new Map<string, Set<SamplingParameter>>();

  constructor(endpoint: Endpoint, deps: ClientDeps) {
    this.baseUrl = endpoint.baseUrl;
    this.#endpoint = endpoint;
    this.#api = new OpenAI({
      baseURL: endpoint.baseUrl,
      // Never the real key: guardFetch attaches it, for its own origin only. All of these are given so that nothing is taken from
      // the environment (OPENAI_API_KEY, OPENAI_ORG_ID…).
      apiKey: 'attached-by-the-guard',
      adminAPIKey: null,
      organization: null,
      project: null,
      webhookSecret: null,
      // The library's default would send a job three times after a reset (measured): retries are ours.
      maxRetries: 0,
      logLevel: 'off',
      fetch: guardFetch(endpoint, deps.fetch ?? ((input, init) => globalThis.fetch(input, init))),
    });
    const sleep: Sleep = deps.sleep ?? ((ms, signal) => delay(ms, undefined, signal ? { signal } : {}));
    this.#calls = new Calls(this.#api, endpoint, sleep);
    const isDirect = deps.isDirect ?? (() => deps.fetch === undefined);
    this.#direct = new DirectPost(endpoint, () => isDirect() && !hasProxy(process.env));
  }

  async listModels(options: CallOptions = {}): Promise<readonly ModelInfo[]> {
    return await this.#calls.list('/models', {}, readModel, (model) => model.id, options);
  }

  async listFiles(options: CallOptions = {}): Promise<readonly ProviderFile[]> {
    return await this.#calls.list(
      '/files',
      { purpose: 'fine-tune', order: 'desc', limit: PAGE },
      readFile,
      (file) => file.id,
      options,
    );
  }

  async uploadFile(source: UploadSource, filename: string, options: UploadOptions = {}): Promise<ProviderFile> {
    return await this.#calls.send(
      '/files',
      { source, field: 'file', filename, fields: { purpose: 'fine-tune' } },
      readFile,
      options,
    );
  }

  async retrieveFile(id: string, options: CallOptions = {}): Promise<ProviderFile> {
    return await this.#calls.read(options, readFile, (request) => this.#api.get(`/files/${segment(id)}`, request));
  }

  async deleteFile(id: string, options: CallOptions = {}): Promise<void> {
    await this.#calls.change(options, readDeleted, (request) => this.#api.delete(`/files/${segment(id)}`, request));
  }

  async createUpload(upload: CreateUploadRequest, options: CallOptions = {}): Promise<Upload> {
    const { filename, bytes, purpose, mimeType } = upload;
    return await this.#calls.change(options, readUpload, (request) =>
      this.#api.post('/uploads', { ...request, body: { filename, bytes, purpose, mime_type: mimeType } }),
    );
  }

  async addUploadPart(uploadId: string, source: UploadSource, options: UploadOptions = {}): Promise<string> {
    return await this.#calls.send(
      `${uploadPath(uploadId)}/parts`,
      { source, field: 'data', filename: 'part', fields: {} },
      readId,
      options,
    );
  }

  async completeUpload(uploadId: string, partIds: readonly string[], options: CallOptions = {}): Promise<ProviderFile> {
    return await this.#calls.change(options, readUploadedFile, (request) =>
      this.#api.post(`${uploadPath(uploadId)}/complete`, { ...request, body: { part_ids: partIds } }),
    );
  }

  async cancelUpload(uploadId: string, options: CallOptions = {}): Promise<void> {
    await this.#calls.change(options, readUpload, (request) =>
      this.#api.post(`${uploadPath(uploadId)}/cancel`, request),
    );
  }

  async createJob(job: CreateJobRequest, options: CallOptions = {}): Promise<Job> {
    const body = jobBody(job, profileOf(this.#endpoint.kind ?? 'compatible'));
    return await this.#calls.change(options, readJob, (request) =>
      this.#api.post('/fine_tuning/jobs', { ...request, body }),
    );
  }

  async listJobs(query: ListJobsQuery = {}, options: CallOptions = {}): Promise<JobPage> {
    const page = await this.#calls.read(options, readPage, (request) =>
      this.#api.get('/fine_tuning/jobs', { ...request, query: { limit: PAGE, ...query } }),
    );
    const jobs = page.data.map(readJob).filter((job) => job !== null);
    return { jobs, next: page.hasMore === true ? (jobs.at(-1)?.id ?? null) : null };
  }

  async retrieveJob(id: string, options: CallOptions = {}): Promise<Job> {
    return await this.#calls.read(options, readJob, (request) => this.#api.get(jobPath(id), request));
  }

  async cancelJob(id: string, options: CallOptions = {}): Promise<Job> {
    return await this.#calls.change(options, readJob, (request) => this.#api.post(`${jobPath(id)}/cancel`, request));
  }

  async pauseJob(id: string, options: CallOptions = {}): Promise<Job> {
    return await this.#calls.change(options, readJob, (request) => this.#api.post(`${jobPath(id)}/pause`, request));
  }

  async resumeJob(id: string, options: CallOptions = {}): Promise<Job> {
    return await this.#calls.change(options, readJob, (request) => this.#api.post(`${jobPath(id)}/resume`, request));
  }

  async deleteModel(id: string, options: CallOptions = {}): Promise<void> {
    await this.#calls.change(options, readDeleted, (request) => this.#api.delete(`/models/${segment(id)}`, request));
  }

  async findAdapter(id: string, options: CallOptions = {}): Promise<AdapterInfo> {
    return await this.#calls.read(options, readAdapter, (request) =>
      this.#api.get(`/open_weights/adapters/${segment(id)}`, request),
    );
  }

  async importAdapter(adapter: AdapterFolder, options: CallOptions = {}): Promise<ImportedAdapter> {
    return await this.#calls.change({ timeoutMs: IMPORT_TIMEOUT_MS, ...options }, readImported, (request) =>
      this.#api.post('/open_weights/adapters', { ...request, body: adapter }),
    );
  }

  async probe(options: CallOptions = {}): Promise<Capabilities> {
    return await probe(this.#endpoint, (path) =>
      this.#calls.read({ retries: 0, timeoutMs: PROBE_TIMEOUT_MS, ...options }, readPage, (request) =>
        // Models come all at once: no paging is documented.
        this.#api.get(path, { ...request, query: path === '/models' ? {} : { limit: 1 } }),
      ),
    );
  }

  async listEvents(
    id: string,
    options: CallOptions & { readonly known?: ReadonlySet<string> } = {},
  ): Promise<readonly JobEvent[]> {
    return await this.#calls.list(
      `${jobPath(id)}/events`,
      { limit: PAGE },
      readEvent,
      (event) => event.id,
      options,
      options.known,
    );
  }

  async listCheckpoints(id: string, options: CallOptions = {}): Promise<readonly Checkpoint[]> {
    return await this.#calls.list(
      `${jobPath(id)}/checkpoints`,
      { limit: PAGE },
      readCheckpoint,
      (point) => point.id,
      options,
    );
  }

  async fileContent(id: string, options: CallOptions & { readonly maxBytes?: number } = {}): Promise<Uint8Array> {
    const maxBytes = options.maxBytes ?? 64_000_000;
    return await this.#calls.read(
      options,
      (body) => (body instanceof Uint8Array ? body : null),
      async (request) => {
        const response = await this.#api.get<Response>(`/files/${segment(id)}/content`, {
          ...request,
          headers: { accept: 'application/binary' },
          __binaryResponse: true,
        });
        return await readBytes(response, maxBytes);
      },
    );
  }

  async chat(request: ChatRequest, options: CallOptions = {}): Promise<ChatReply> {
    const timeoutMs = options.timeoutMs ?? CHAT_TIMEOUT_MS;
    const { deployments } = this.#endpoint;
    const { model, messages, sampling } = request;
    const refused = this.#refused.get(model) ?? new Set(request.leaveOut);
    this.#refused.set(model, refused);
    for (;;) {
      const leftOut = new Set([...refused, ...(request.leaveOut ?? [])]);
      try {
        const body = {
          model: deployments && Object.hasOwn(deployments, model) ? deployments[model] : model,
          messages: messages.map(withoutWeight),
          ...(leftOut.has('temperature') ? {} : { temperature: sampling.temperature }),
          ...(leftOut.has('seed') ? {} : { seed: sampling.seed }),
          // Reasoning models know the limit only by its new name; older models know the old one.
          [leftOut.has('max_tokens') ? 'max_completion_tokens' : 'max_tokens']: sampling.maxTokens,
        };
        const reply = await this.#post('/chat/completions', body, readChat, { signal: options.signal, timeoutMs });
        return leftOut.size === 0 ? reply : { ...reply, leftOut: [...leftOut] };
      } catch (error) {
        // A refused request was not answered and is not billed: it is sent again without the refused parameter, each parameter once.
        const parameter = error instanceof ProviderFailure ? refusedParameter(error, leftOut) : null;
        if (parameter === null) throw error;
        refused.add(parameter);
      }
    }
  }

  /** Sends JSON once: directly where that is possible, else through the client library and fetch. */
  async #post<T>(path: string, body: object, read: (body: unknown) => T | null, options: PostOptions): Promise<T> {
    if (this.#direct.isUsable) {
      const value = await this.#direct.post(path, body, read, options);
      if (value !== undefined) return value;
    }
    return await this.#calls.attempt(options.signal, options.timeoutMs, read, (call) =>
      this.#api.post(path, { ...call, body }),
    );
  }
}

/** Tells whether requests go through a proxy that the environment names; which hosts are exempt is left to fetch. */
function hasProxy(environment: NodeJS.ProcessEnv): boolean {
  return ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY']
    .flatMap((name) => [environment[name], environment[name.toLowerCase()]])
    .some((value) => value !== undefined && value !== '');
}

/** Removes `weight`, which steers training and is an unknown field in a chat request. */
function withoutWeight(message: ChatMessage): Omit<ChatMessage, 'weight'> {
  const rest: { -readonly [Key in keyof ChatMessage]: ChatMessage[Key] } = { ...message };
  delete rest.weight;
  return rest;
}

/** Encodes an id for a path. Ids come from servers: one that would climb out of the path is refused. */
function segment(id: string): string {
  if (id === '' || id === '.' || id === '..') throw new TypeError('Not an id.');
  return encodeURIComponent(id);
}

function jobPath(id: string): string {
  return `/fine_tuning/jobs/${segment(id)}`;
}

function uploadPath(id: string): string {
  return `/uploads/${segment(id)}`;
}

async function readBytes(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) {
      throw new ProviderFailure(
        {
          code: 'file-too-large',
          message: t('The file at the provider is larger than {0} MB.', Math.round(maxBytes / 1e6)),
          action: t("Download it from the provider's website."),
        },
        { outcome: 'refused', advice: 'never', status: response.status, serverCode: null, retryAfterMs: null },
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
