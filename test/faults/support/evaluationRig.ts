// A run of an evaluation, and a server that counts what is asked for each: the bill.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RunConfig, TestItem } from '../../../src/core/evaluation/types.ts';
import type { Ask } from '../../../src/evals/scheduler.ts';

export const SHA = 'a'.repeat(64);
export const CONCURRENCY = 4;

export interface EvaluationTask {
  readonly folder: string;
  readonly id: string;
  readonly items: number;
  readonly baseUrl: string;
  /** Requests for each row; 1 when absent. */
  readonly samples?: number;
  /** Makes the run first; else it is resumed. */
  readonly create: boolean;
}

export function itemsOf(count: number): readonly TestItem[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    line: index + 1,
    title: `Item ${String(index)}`,
    messages: [{ role: 'user' as const, content: `What does item ${String(index)} cost? ${'x'.repeat(300)}` }],
    truth: `$${String(index)}`,
  }));
}

export function configOf({ id, items, samples }: Pick<EvaluationTask, 'id' | 'items' | 'samples'>): RunConfig {
  return {
    v: 1,
    id,
    createdAt: 1,
    name: 'prices.test.jsonl',
    testFile: { path: '/data/prices.test.jsonl', sha256: SHA, items },
    contestants: [
      { id: 'tuned', kind: 'fine-tuned', label: 'pricer', connectionId: 'here', model: 'ft:x' },
      { id: 'constant', kind: 'constant', label: 'constant median', constant: '7' },
    ],
    grader: 'number',
    sampling: { temperature: 0, maxTokens: 7, seed: 42 },
    answerPrefix: null,
    concurrency: CONCURRENCY,
    ...(samples === undefined ? {} : { samples }),
  };
}

/** Asks the counting server; the reply depends on the item alone. */
export function askAt({ baseUrl, id }: Pick<EvaluationTask, 'baseUrl' | 'id'>): Ask {
  return async (_contestant, { index }, signal) => {
    const response = await fetch(`${baseUrl}/${id}/${String(index)}`, { method: 'POST', signal });
    return { text: await response.text(), finishReason: 'stop' };
  };
}

export interface CountingServer {
  readonly baseUrl: string;
  /** Items in the order they were asked in one run; each is paid. */
  asked(id: string): readonly number[];
  /** Replies of a run wait from this request on, until they are let go. */
  holdFrom(id: string, request: number): void;
  letGo(id: string): void;
  close(): Promise<void>;
}

/** @param delayMs how long a reply takes, up to */
export async function startCountingServer(delayMs: number): Promise<CountingServer> {
  const runs = new Map<string, number[]>();
  const waiting = new Map<string, { readonly from: number; readonly replies: (() => void)[] }>();
  const server = http.createServer((request, response) => {
    const [, id = '', item = ''] = request.url?.split('/') ?? [];
    const asked = runs.get(id) ?? [];
    asked.push(Number(item));
    runs.set(id, asked);
    request.resume();
    const reply = (): void => {
      setTimeout(() => response.end(`$${item}`), Math.random() * delayMs);
    };
    const held = waiting.get(id);
    if (held && asked.length >= held.from) held.replies.push(reply);
    else reply();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    baseUrl: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    asked: (id) => runs.get(id) ?? [],
    holdFrom: (id, request) => {
      waiting.set(id, { from: request, replies: [] });
    },
    letGo: (id) => {
      const replies = waiting.get(id)?.replies ?? [];
      waiting.delete(id);
      for (const reply of replies) reply();
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}
