import type { Answer, Backend, Delivered } from './layer.ts';
import { jsonAnswer } from './layer.ts';

export interface WireObject {
  id: string;
  created_at: number;
  [key: string]: unknown;
}

/** What the double took: what a bill would show. It is also its state: what a test puts in is what it answers. */
export interface DoubleLedger {
  readonly files: (WireObject & { content: string })[];
  readonly jobs: WireObject[];
  readonly chats: { readonly model: string; readonly messages: unknown }[];
}

/** A provider made of what the test says: any model, any status, any event. */
export interface ApiDouble {
  readonly apiKey: string;
  readonly ledger: DoubleLedger;
  /** Events of every job, newest first. */
  readonly events: WireObject[];
  readonly checkpoints: WireObject[];
  /** The answer of the model. */
  reply: (request: { readonly model: string; readonly messages: { role: string; content: string }[] }) => string;
  /** Whether `metadata[k]=v` filters. */
  filtersMetadata: boolean;
}

export function createApiDouble(): { readonly state: ApiDouble; readonly backend: (state: ApiDouble) => Backend } {
  let ids = 0;
  const nextId = (prefix: string): string => `${prefix}${String(++ids).padStart(6, '0')}`;
  const state: ApiDouble = {
    apiKey: 'sk-test-key-of-the-fault-server',
    ledger: { files: [], jobs: [], chats: [] },
    events: [],
    checkpoints: [],
    reply: () => '0',
    filtersMetadata: true,
  };

  function upload(seen: Delivered, { ledger }: ApiDouble): Answer {
    const filename = /name="file"; filename="([^"]*)"/.exec(seen.body)?.[1] ?? '';
    const content =
      /content-type: application\/jsonl\r\n\r\n([\s\S]*)\r\n--tuning-fork-\w+--\r\n$/.exec(seen.body)?.[1] ?? '';
    const file = {
      id: nextId('file-'),
      object: 'file',
      created_at: 1_700_000_000 + ids,
      bytes: Buffer.byteLength(content),
      filename,
      purpose: 'fine-tune',
      status: 'processed',
      content,
    };
    ledger.files.push(file);
    return jsonAnswer(200, { ...file, content: undefined });
  }

  function remove(id: string | undefined, { ledger }: ApiDouble): Answer {
    const at = ledger.files.findIndex((file) => file.id === id);
    if (at < 0) return missing();
    ledger.files.splice(at, 1);
    return jsonAnswer(200, { id, object: 'file', deleted: true });
  }

  function create(body: Readonly<Record<string, unknown>>, { ledger }: ApiDouble): Answer {
    const created = {
      id: nextId('ftjob-'),
      object: 'fine_tuning.job',
      created_at: 1_700_000_000 + ids,
      finished_at: null,
      fine_tuned_model: null,
      status: 'queued',
      result_files: [],
      error: {},
      trained_tokens: null,
      ...body,
    };
    ledger.jobs.push(created);
    return jsonAnswer(200, created);
  }

  function list(seen: Delivered, { ledger, filtersMetadata }: ApiDouble): Answer {
    const wanted = [...seen.query].filter(([key]) => key.startsWith('metadata['));
    const matches = (entry: WireObject): boolean =>
      wanted.every(
        ([key, value]) => (entry['metadata'] as Record<string, string> | undefined)?.[key.slice(9, -1)] === value,
      );
    return page(
      [...ledger.jobs].reverse().filter((entry) => !filtersMetadata || matches(entry)),
      seen.query,
    );
  }

  function chat(body: unknown, double: ApiDouble): Answer {
    const asked = body as { model: string; messages: { role: string; content: string }[] };
    double.ledger.chats.push(asked);
    return jsonAnswer(200, {
      id: nextId('chatcmpl-'),
      object: 'chat.completion',
      created: 1,
      model: asked.model,
      choices: [{ index: 0, message: { role: 'assistant', content: double.reply(asked) }, finish_reason: 'stop' }],
    });
  }

  const backend =
    (double: ApiDouble): Backend =>
    (seen) => {
      if (seen.headers.authorization !== `Bearer ${double.apiKey}`) {
        const message = `Incorrect API key provided: ${seen.headers.authorization ?? ''}`;
        return jsonAnswer(401, { error: { message, code: 'invalid_api_key' } });
      }
      const { ledger } = double;
      const [first, second, id, action] = seen.path.split('/').filter(Boolean);
      const body = (seen.headers['content-type'] ?? '').includes('json')
        ? (JSON.parse(seen.body || '{}') as Record<string, unknown>)
        : {};
      const job = first === 'fine_tuning' && id ? ledger.jobs.find((entry) => entry.id === id) : undefined;
      const name = [first, second].filter(Boolean).join('/') + (id ? `/:id${action ? `/${action}` : ''}` : '');
      if (seen.method === 'DELETE' && first === 'files') return remove(second, double);
      switch (`${seen.method} /${name}`) {
        case 'GET /models':
          return jsonAnswer(200, {
            object: 'list',
            data: [{ id: 'base-1', object: 'model', created: 1, owned_by: 'test', shutdown_date: null }],
          });
        case 'POST /files':
          return upload(seen, double);
        case 'GET /files':
          return page(
            [...ledger.files].reverse().map((file) => ({ ...file, content: undefined })),
            seen.query,
          );
        case 'POST /fine_tuning/jobs':
          return create(body, double);
        case 'GET /fine_tuning/jobs':
          return list(seen, double);
        case 'GET /fine_tuning/jobs/:id':
          return job ? jsonAnswer(200, job) : missing();
        case 'POST /fine_tuning/jobs/:id/cancel':
          if (!job) return missing();
          job['status'] = 'cancelled';
          return jsonAnswer(200, job);
        case 'GET /fine_tuning/jobs/:id/events':
          return job ? page(double.events, seen.query) : missing();
        case 'GET /fine_tuning/jobs/:id/checkpoints':
          return job ? page(double.checkpoints, seen.query) : missing();
        case 'POST /chat/completions':
          return chat(body, double);
        default:
          return missing();
      }
    };
  return { state, backend };
}

function missing(): Answer {
  return jsonAnswer(404, { error: { message: 'No such thing.', code: 'not_found' } });
}

function page(all: readonly WireObject[], query: URLSearchParams): Answer {
  const limit = Number(query.get('limit') ?? 20);
  const start = query.has('after') ? all.findIndex(({ id }) => id === query.get('after')) + 1 : 0;
  const data = all.slice(start, start + limit);
  return jsonAnswer(200, { object: 'list', data, has_more: start + limit < all.length });
}
