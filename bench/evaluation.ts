import { execFileSync } from 'node:child_process';
import http from 'node:http';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { median } from '../src/core/dataset/report/answers.ts';
import { createRandom } from '../src/core/base/random.ts';
import { judge } from '../src/core/evaluation/comparison/judge.ts';
import type { RowResult } from '../src/core/evaluation/types.ts';
import { lookAt } from '../src/core/statistics/earlyStop.ts';
import type { Ask } from '../src/evals/scheduler.ts';
import { createClient } from '../src/openai/client.ts';
import {
  type BenchServer,
  configOf,
  measured,
  type Measured,
  measuredRun,
  promptOf,
  startBenchServer,
} from './evaluationRuns.ts';
import type { GrowthMeasure } from './peers/evaluationGrowth.ts';
import { promptfooRow } from './promptfoo.ts';
import type { Row } from './table.ts';

const LATENCY_MS = 200;
const ROUNDS = 3;
/** Requests of one measurement, as multiples of the concurrency. */
const TRIPS = 20;
const REFUSED = 0.2;
const SAMPLING = { temperature: 0, maxTokens: 7, seed: 42 };

/** Evaluations before a server that takes 200 ms for each reply, in a thread of its own; peers take turns. */
export async function evaluationBench(): Promise<Row[]> {
  const server = await startBenchServer({ latencyMs: LATENCY_MS, refused: 0 });
  try {
    return [
      ...(await throughputRows(server, 64, 0.9)),
      ...(await throughputRows(server, 256, 0.8)),
      await refusedRow(),
      ...growthRows(),
      await statisticsRow(),
      ...(await promptfooRow(server)),
    ];
  } finally {
    await server.close();
  }
}

function askAt(baseUrl: string): Ask {
  const client = createClient({ baseUrl, apiKey: 'sk-bench' });
  return ({ model = '' }, { messages }, signal) => client.chat({ model, messages, sampling: SAMPLING }, { signal });
}

/** Whole runs with their journals, and the same requests over node:http alone. */
async function throughputRows(server: BenchServer, concurrency: number, goal: number): Promise<Row[]> {
  const requests = concurrency * TRIPS;
  const config = configOf(requests, { concurrency });
  const ask = askAt(server.baseUrl);
  const peer = plainRequests(server.port);
  const rounds: { readonly own: Measured; readonly peer: Measured }[] = [];
  // The first round opens the connections, and counts for nothing.
  for (let round = 0; round <= ROUNDS; round++) {
    const figures = {
      peer: await measured(() => many(requests, concurrency, peer)),
      own: await measuredRun(config, ask),
    };
    if (figures.own.lost > 0) throw new Error(`${String(figures.own.lost)} rows were lost.`);
    if (round > 0) rounds.push(figures);
  }
  const ideal = TRIPS * LATENCY_MS;
  const middle = (pick: (round: (typeof rounds)[number]) => number): number => median(rounds.map(pick));
  const efficiency = middle(({ own }) => ideal / own.wallMs);
  const cpu = middle(({ own }) => own.cpuMs / requests);
  const plain = middle((round) => round.peer.cpuMs / requests);
  return [
    {
      name: `efficiency with ${String(concurrency)} requests at once`,
      figure: efficiency.toFixed(2),
      goal: `≥ ${goal.toFixed(2)}`,
      met: efficiency >= goal,
      note: `ideal time by actual, ${String(requests)} rows; node:http alone: ${middle((round) => ideal / round.peer.wallMs).toFixed(2)}`,
    },
    {
      name: `CPU a row with ${String(concurrency)} at once`,
      figure: `${cpu.toFixed(2)} ms`,
      goal: '≤ 0.8 ms',
      met: cpu <= 0.8,
      note: `request, grading and journal: ${(cpu / plain).toFixed(1)} × node:http alone (${plain.toFixed(2)} ms)`,
    },
  ];
}

/** The request that the client sends, over node:http alone. */
function plainRequests(port: number): (index: number) => Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 256 });
  return (index) =>
    new Promise((resolve, reject) => {
      const messages = [{ role: 'user', content: promptOf(index) }];
      const body = JSON.stringify({ model: 'tuned', messages, temperature: 0, seed: 42, max_tokens: 7 });
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const options = { host: '127.0.0.1', port, path: '/v1/chat/completions', method: 'POST', agent, headers };
      const request = http.request(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          JSON.parse(Buffer.concat(chunks).toString('utf8'));
          resolve();
        });
      });
      request.on('error', reject);
      request.end(body);
    });
}

async function many(count: number, concurrency: number, ask: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (next < count) await ask(next++);
    }),
  );
}

async function refusedRow(): Promise<Row> {
  const server = await startBenchServer({ latencyMs: LATENCY_MS, refused: REFUSED });
  try {
    const rows = 400;
    const { lost, wallMs } = await measuredRun(configOf(rows), askAt(server.baseUrl));
    const requests = await server.requests();
    return {
      name: 'rows lost when a fifth of the requests is refused (429)',
      figure: String(lost),
      goal: '0',
      met: lost === 0,
      note: `${String(rows)} rows, ${String(requests)} requests, ${(wallMs / 1000).toFixed(0)} s: refused whatever the rate, where the number of concurrent requests adapts to the rate`,
    };
  } finally {
    await server.close();
  }
}

function growthRows(): readonly Row[] {
  const program = fileURLToPath(new URL('./peers/evaluationGrowth.ts', import.meta.url));
  const out = execFileSync(process.execPath, ['--expose-gc', program], { encoding: 'utf8', timeout: 600_000 });
  const { growthMb, openMs, openCpuMs, createMs, runCpuMs, stretchMs } = JSON.parse(out) as GrowthMeasure;
  const about = '25,000 rows × 3 contestants';
  return [
    {
      name: 'memory of a large run',
      figure: `${growthMb.toFixed(0)} MB`,
      goal: '≤ 250 MB',
      met: growthMb <= 250,
      note: `${about}, its items and the figures of a panel; ${(runCpuMs / 75_000).toFixed(3)} ms of CPU a row beside its request`,
    },
    {
      name: 'opening a large run',
      figure: `${(openMs / 1000).toFixed(2)} s`,
      goal: '≤ 1 s',
      met: openMs <= 1000,
      note: `${about}; ${openCpuMs.toFixed(0)} ms of CPU, at most ${stretchMs.toFixed(0)} at once; creating: ${createMs.toFixed(0)} ms`,
    },
  ];
}

const LOOK_ITEMS = 25_000;

/** A look at the largest run: all that its figures and comparisons compute again while rows come, as the panel and the list do it. */
async function statisticsRow(): Promise<Row> {
  const random = createRandom(4);
  const contestants = ['tuned', 'base', 'other'].map((id) => ({
    id,
    kind: id === 'tuned' ? ('fine-tuned' as const) : ('base' as const),
    label: id,
  }));
  const items = Array.from({ length: LOOK_ITEMS }, (_, index) => ({
    index,
    messages: [{ role: 'user' as const, content: `What does item ${String(index)} cost?` }],
  }));
  const truths = items.map(() => Math.exp(4 + random.normal()));
  const rows = contestants.flatMap(({ id }, at) =>
    truths.map((truth, item): RowResult => {
      const guess = truth * Math.exp((0.4 + 0.1 * at) * random.normal());
      const error = Math.abs(guess - truth);
      const colour = error < 40 ? 'green' : error < 80 ? 'orange' : 'red';
      return { contestant: id, item, status: 'graded', sample: '', guess, truth, error, colour };
    }),
  );
  const differences = Float64Array.from(
    truths,
    (_, item) => (rows[item]?.error ?? 0) - (rows[LOOK_ITEMS + item]?.error ?? 0),
  );
  const times: number[] = [];
  for (let round = 0; round < 7; round++) {
    const { cpuMs } = await measured(() => {
      judge({ contestants, baseline: 'base', grader: 'number', primary: 'mae', matters: 0.1, items, rows });
      return Promise.resolve(lookAt(differences, 2, 40_000));
    });
    times.push(cpuMs);
  }
  const time = median(times);
  return {
    name: 'statistics of a look at 25,000 rows',
    figure: `${time.toFixed(0)} ms`,
    goal: '≤ 100 ms',
    met: time <= 100,
    note: `CPU: four figures of three contestants with their intervals, six comparisons, claims and early stopping; ${(times[0] ?? 0).toFixed(0)} ms at the first look; without the sign-flip, which runs once at the end`,
  };
}
