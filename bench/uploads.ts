import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import type { Endpoint } from '../src/core/provider/connection.ts';
import type { Provider } from '../src/core/provider/api.ts';
import { IntentJournal, newIntentId } from '../src/jobs/start/intentJournal.ts';
import { replayIntent } from '../src/jobs/start/intentState.ts';
import { upload } from '../src/jobs/start/upload.ts';
import { createClient } from '../src/openai/client.ts';
import { createRandom } from '../src/core/base/random.ts';
import { median } from '../src/core/dataset/report/answers.ts';
import type { Row } from './table.ts';

const BYTES = 200_000_000;
const ROUNDS = 7;
const GOAL = 1.3;

/** The start saga's own upload to the local server, in a thread of its own: one request against parts of 64 MB, taking turns. */
export async function uploadBench(): Promise<Row[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-bench-uploads-'));
  const server = new Worker(new URL('./uploadServer.ts', import.meta.url), {
    workerData: { dataFolder: path.join(folder, 'server') },
  });
  try {
    const [endpoint] = (await once(server, 'message')) as [Endpoint];
    const provider = createClient({ ...endpoint, kind: 'local' });
    const file = path.join(folder, 'training.jsonl');
    await writeFile(file, content());
    const send = (threshold: number): Promise<number> => timed(provider, folder, file, threshold);
    await send(Infinity);
    await send(0);
    const rounds: { readonly whole: number; readonly parts: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      // Whoever comes second finds what the first left to be written: each is first in turn.
      if (round % 2 === 0) {
        const whole = await send(Infinity);
        rounds.push({ whole, parts: await send(0) });
      } else {
        const parts = await send(0);
        rounds.push({ whole: await send(Infinity), parts });
      }
    }
    const ratio = median(rounds.map(({ parts, whole }) => parts / whole));
    const seconds = (pick: (round: { whole: number; parts: number }) => number): string =>
      (median(rounds.map(pick)) / 1000).toFixed(2);
    return [
      {
        name: 'upload in parts to the local server',
        figure: `${ratio.toFixed(2)} × one request`,
        goal: `≤ ${String(GOAL)}`,
        met: ratio <= GOAL,
        note: `${String(BYTES / 1e6)} MB, wall time: ${seconds(({ parts }) => parts)} against ${seconds(({ whole }) => whole)} s`,
      },
    ];
  } finally {
    await server.terminate();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timed(provider: Provider, folder: string, file: string, threshold: number): Promise<number> {
  const intentId = newIntentId();
  const journal = await IntentJournal.open(path.join(folder, 'intents'), intentId);
  try {
    const before = performance.now();
    const result = await upload(
      {
        role: 'training',
        snapshot: { path: file, bytes: BYTES, sha256: intentId, sourceSha256: intentId },
        filename: `${intentId}.jsonl`,
        connectionId: 'local',
        state: replayIntent(intentId, []),
        onProgress: () => undefined,
      },
      { provider, folder, parts: { threshold, bytes: 64 * 1024 * 1024 } },
      journal,
    );
    const time = performance.now() - before;
    if (!result.ok) throw new Error(result.error.message);
    await provider.deleteFile(result.value.id);
    return time;
  } finally {
    await journal.close();
  }
}

function content(): Buffer {
  const random = createRandom(1);
  const bytes = Buffer.alloc(BYTES);
  for (let at = 0; at + 4 <= BYTES; at += 4) bytes.writeUInt32LE(random.integer(0xffff_ffff), at);
  return bytes;
}
