// Thread entry: a chat server that replies after a time with the price that the prompt names, and refuses a share of requests. Posts its
// port, and after each message the number of requests since the last one.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { createRandom } from '../src/core/base/random.ts';

export interface EvaluationServerData {
  readonly latencyMs: number;
  /** Share of requests that are answered with 429, 0…1. */
  readonly refused: number;
}

const { latencyMs, refused } = workerData as EvaluationServerData;
const random = createRandom(11);
const refusal = JSON.stringify({ error: { message: 'Slow down.', code: 'rate_limit_exceeded' } });
let requests = 0;

const server = http.createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    requests++;
    const price = /costs (\d+)/.exec(Buffer.concat(chunks).toString())?.[1] ?? '0';
    const isRefused = random.next() < refused;
    setTimeout(() => {
      response.writeHead(isRefused ? 429 : 200, { 'content-type': 'application/json' });
      response.end(isRefused ? refusal : replyOf(price));
    }, latencyMs);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', 2048, () => parentPort?.postMessage((server.address() as AddressInfo).port));
parentPort?.on('message', () => {
  parentPort?.postMessage(requests);
  requests = 0;
});

function replyOf(price: string): string {
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'mock',
    choices: [{ index: 0, message: { role: 'assistant', content: `$${price}.00` }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 250, completion_tokens: 5, total_tokens: 255 },
  });
}
