// What leaving costs, and what happens to files that a provider has no more. The provider is a double with one paid model.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run as command } from '../../../src/cli/run.ts';
import { priceRows, toJsonl } from '../../support/priceData.ts';

const MODEL = 'ft:gpt-4o-mini-2024-07-18:acme:pricer:AbCd1234';
const ITEMS = 20;

let folder: string;
let server: http.Server;
let baseUrl: string;
let chats: number;
let files: Record<string, string>;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-leave-'));
  chats = 0;
  files = {
    'file-train': toJsonl(priceRows(30, 100)),
    'file-valid': toJsonl(priceRows(ITEMS, 900)),
    'file-result': 'step,train_loss\n1,2.5\n',
  };
  server = http.createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      answer(`${request.method ?? ''} ${(request.url ?? '').replace(/^\/v1|\?.*$/g, '')}`, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

function answer(route: string, response: http.ServerResponse): void {
  const json = (value: unknown): void => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(value));
  };
  const list = (data: readonly unknown[]): void => {
    json({ object: 'list', data, has_more: false });
  };
  const content = /^GET \/files\/(.+)\/content$/.exec(route)?.[1];
  if (content !== undefined) {
    const text = files[content];
    if (text !== undefined) {
      response.end(text);
      return;
    }
    response.statusCode = 404;
    json({ error: { message: 'No such File object.', code: 'not_found' } });
  } else if (route === 'GET /models') list([{ id: MODEL, object: 'model', created: 1, owned_by: 'acme' }]);
  else if (route === 'GET /fine_tuning/jobs') list([job()]);
  else if (route === 'GET /files')
    list(
      Object.entries(files).map(([id, text]) => ({
        id,
        object: 'file',
        bytes: text.length,
        created_at: 1,
        filename: `${id}.jsonl`,
        purpose: 'fine-tune',
      })),
    );
  else if (/\/(?:events|checkpoints)$/.test(route)) list([]);
  else if (route === 'POST /chat/completions') {
    chats += 1;
    json({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 1,
      model: MODEL,
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: '99.00' } }],
      usage: { prompt_tokens: 20, completion_tokens: 3, total_tokens: 23 },
    });
  } else {
    response.statusCode = 404;
    json({ error: { message: 'Unknown.', code: 'unknown' } });
  }
}

function job(): object {
  return {
    id: 'ftjob-1',
    object: 'fine_tuning.job',
    created_at: 1,
    finished_at: 2,
    model: 'gpt-4o-mini-2024-07-18',
    fine_tuned_model: MODEL,
    status: 'succeeded',
    training_file: 'file-train',
    validation_file: 'file-valid',
    result_files: ['file-result'],
    hyperparameters: { n_epochs: 3, batch_size: 1, learning_rate_multiplier: 1 },
    seed: 1,
    trained_tokens: 1000,
    error: null,
  };
}

interface Said {
  readonly complete: boolean;
  readonly document: string;
  readonly downloads: {
    readonly files: readonly { id: string }[];
    readonly missing: readonly { id: string; reason: string }[];
  };
  readonly recordings: readonly { readonly recorded: number; readonly items: number }[];
  readonly problems: readonly { readonly code: string }[];
}

async function leave(
  ...more: readonly string[]
): Promise<{ readonly code: number; readonly said: Said; readonly err: string }> {
  const written = { out: '', err: '' };
  const spies = (['out', 'err'] as const).map((name) =>
    vi.spyOn(name === 'out' ? process.stdout : process.stderr, 'write').mockImplementation((text) => {
      written[name] += text.toString();
      return true;
    }),
  );
  vi.stubEnv('TUNING_FORK_API_KEY', 'sk-canary-0123456789abcdefghij');
  const args = ['--base-url', baseUrl, '--out', path.join(folder, 'out'), '--data-dir', path.join(folder, 'data')];
  try {
    const code = await command(['leave', ...args, '--format', 'json', ...more]);
    return { code, said: JSON.parse(written.out) as Said, err: written.err };
  } finally {
    vi.unstubAllEnvs();
    for (const spy of spies) spy.mockRestore();
  }
}

describe('leaving a provider that bills', () => {
  it('asks nothing without an amount; what was downloaded stays', async () => {
    const { code, said } = await leave();
    expect([code, chats]).toEqual([3, 0]);
    expect(said.problems.map((problem) => problem.code)).toEqual(['price-not-allowed']);
    expect(said.downloads.files.map(({ id }) => id).sort()).toEqual(
      ['file-result', 'file-train', 'file-valid', 'ftjob-1', 'ftjob-1'].sort(),
    );
    expect(readFileSync(said.document, 'utf8')).toContain('Recorded whole: 0 of 1.');
  });

  it('asks nothing above the amount, and goes on with a larger one', async () => {
    const refused = await leave('--max-cost', '0.0000001');
    expect([refused.code, chats]).toEqual([3, 0]);
    const allowed = await leave('--resume', '--max-cost', '1');
    expect([allowed.code, allowed.said.complete, chats]).toEqual([0, true, ITEMS]);
    expect(allowed.said.recordings).toMatchObject([{ recorded: ITEMS, items: ITEMS }]);
    const again = await leave('--resume');
    // Nothing is left to pay for.
    expect([again.code, chats]).toEqual([0, ITEMS]);
    for (const file of ['leaving.json', 'leaving.html']) {
      expect(readFileSync(path.join(folder, 'out', file), 'utf8')).not.toContain('sk-canary');
    }
  });

  it('names what could not be had, and records on a file that is named', async () => {
    delete files['file-valid'];
    const { code, said } = await leave('--max-cost', 'none');
    expect([code, said.complete, chats]).toEqual([1, false, 0]);
    expect(said.downloads.missing).toMatchObject([{ id: 'file-valid', reason: expect.stringMatching(/\w/) as string }]);
    expect(said.recordings).toMatchObject([{ recorded: 0, reason: expect.stringContaining('--test-file') as string }]);
  });

  it('says what is wrong with its options', async () => {
    const err: string[] = [];
    const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      err.push(text.toString());
      return true;
    });
    expect(await command(['leave', '--out', folder])).toBe(2);
    expect(await command(['leave', '--base-url', baseUrl])).toBe(2);
    expect(await command(['leave', '--base-url', baseUrl, '--out', folder, '--samples', '0'])).toBe(2);
    spy.mockRestore();
    expect(err.join('')).toMatch(/--connection or --base-url[\s\S]*--out[\s\S]*from 1 to 100/);
  });
});
