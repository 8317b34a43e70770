import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run as command } from '../../../src/cli/run.ts';
import { studentMean } from '../../../src/core/statistics/means.ts';
import { BUILT_CLI } from '../../support/builtCli.ts';

const KEY = 'sk-canary-0123456789abcdefghij';
const ITEMS = 40;

let folder: string;
let data: string;
let server: http.Server;
let baseUrl: string;
let asked: { model: string; item: number; key: string | undefined; messages: { role: string; content: string }[] }[];
/** Requests that never get an answer once so many were answered. */
let silentAfter: number;

const truthOf = (n: number): number => 100 + 10 * n;
/** Error of each model: of the same size for each item, but for a little noise. */
const errors: Readonly<Record<string, (n: number) => number>> = {
  'ft:good': (n) => 4 + ((n * 7) % 5),
  plain: (n) => 12 + ((n * 11) % 7),
};

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-evaluate-'));
  data = path.join(folder, 'data');
  asked = [];
  silentAfter = Infinity;
  server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const { model, messages } = JSON.parse(body) as { model: string; messages: { role: string; content: string }[] };
      const item = Number(/thing (\d+)/.exec(messages.map(({ content }) => content).join(' '))?.[1]);
      asked.push({ model, item, key: request.headers.authorization, messages });
      if (asked.length > silentAfter) return;
      const content = String(truthOf(item) + (errors[model]?.(item) ?? 0));
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          id: 'chatcmpl-1',
          object: 'chat.completion',
          created: 1,
          model,
          choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }],
          usage: { prompt_tokens: 20, completion_tokens: 3, total_tokens: 23 },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1`;
  writeFileSync(path.join(folder, 'prices.test.jsonl'), rows(0, ITEMS));
  writeFileSync(path.join(folder, 'prices.train.jsonl'), rows(100, 60));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

function rows(from: number, count: number): string {
  return Array.from({ length: count }, (_, n) => {
    const content = `What does thing ${String(from + n)} cost, a ${n % 2 === 0 ? 'plain' : 'fancy'} one?`;
    const answer = `Price is $${String(truthOf(from + n))}.00`;
    return `${JSON.stringify({
      messages: [
        { role: 'user', content },
        { role: 'assistant', content: answer },
      ],
    })}\n`;
  }).join('');
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const written = { out: '', err: '' };
  const spies = (['out', 'err'] as const).map((name) =>
    vi.spyOn(name === 'out' ? process.stdout : process.stderr, 'write').mockImplementation((text) => {
      written[name] += text.toString();
      return true;
    }),
  );
  const all = { TUNING_FORK_API_KEY: KEY, OPENAI_API_KEY: '', ...environment };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
  try {
    return { code: await command(args), ...written };
  } finally {
    vi.unstubAllEnvs();
    for (const spy of spies) spy.mockRestore();
  }
}

function evalFile(changes: object = {}, name = 'prices.eval.json'): string {
  const file = path.join(folder, name);
  const value = {
    testFile: 'prices.test.jsonl',
    trainingFile: 'prices.train.jsonl',
    primary: 'mae',
    answerPrefix: 'Price is $',
    contestants: [
      { label: 'tuned', model: 'ft:good', baseUrl },
      { label: 'mini', model: 'plain', baseUrl },
      { label: 'floor', constant: true },
    ],
    grader: { type: 'number' },
    ...changes,
  };
  writeFileSync(file, JSON.stringify(value));
  return file;
}

const evaluate = (...more: string[]): string[] => ['evaluate', ...more, '--data-dir', data, '--max-cost', 'none'];

interface Printed {
  readonly run: string;
  readonly status: string;
  readonly sentence: string;
  readonly contestants: readonly {
    label: string;
    items: number;
    noNumber: number;
    failed: number;
    ungradable: number;
    metrics: Record<string, { value: number; low: number; high: number }>;
  }[];
  readonly floors: readonly { label: string; items: number }[];
  readonly comparisons: readonly {
    a: string;
    b: string;
    metric: string;
    items: number;
    difference: number;
    low: number;
    high: number;
    p: number;
    claim: string;
    typical: { difference: number; claim: string } | null;
    better: number;
    worse: number;
    ties: number;
  }[];
  readonly pass: boolean | null;
}
const printed = (text: string): Printed => JSON.parse(text) as Printed;

describe('evaluate', () => {
  it('asks each model each item, and says what can be claimed', async () => {
    const { code, out, err } = await run(evaluate(evalFile(), '--format', 'json'));
    expect(err).toBe('');
    expect(code).toBe(0);
    const result = printed(out);
    expect(result.status).toBe('finished');
    expect(result.contestants.map(({ label, items }) => [label, items])).toEqual([
      ['tuned', ITEMS],
      ['mini', ITEMS],
      ['floor', ITEMS],
    ]);
    expect(result.floors.map(({ label }) => label)).toEqual(['nearest training example', 'bag of words']);
    // The figures by hand.
    const error = (model: string): number[] => Array.from({ length: ITEMS }, (_, n) => errors[model]?.(n) ?? NaN);
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value / values.length, 0);
    expect(result.contestants[0]?.metrics['mae']?.value).toBeCloseTo(mean(error('ft:good')), 9);
    const expected = studentMean(error('ft:good').map((value, n) => value - (error('plain')[n] ?? 0)));
    const mae = result.comparisons.find(({ a, metric }) => a === 'tuned' && metric === 'mae');
    expect(mae).toMatchObject({ b: 'mini', items: ITEMS, claim: 'better' });
    expect(mae?.difference).toBeCloseTo(expected?.value ?? NaN, 9);
    expect(mae?.low).toBeCloseTo(expected?.low ?? NaN, 9);
    expect(mae?.p).toBeCloseTo(expected?.p ?? NaN, 12);
    expect((mae?.better ?? 0) + (mae?.worse ?? 0) + (mae?.ties ?? 0)).toBe(ITEMS);
    expect(result.comparisons.map(({ a, metric }) => `${a} ${metric}`)).toEqual([
      'tuned mae',
      'tuned rmsle',
      'tuned hits',
      'floor mae',
      'floor rmsle',
      'floor hits',
    ]);
    expect(result.sentence).toMatch(/^tuned is better than mini: mean error −\d/);
    expect(result.pass).toBeNull();
    // Each item once a model, with the prefix and without the answer.
    expect(asked).toHaveLength(2 * ITEMS);
    expect(new Set(asked.map(({ model, item }) => `${model} ${String(item)}`)).size).toBe(2 * ITEMS);
    expect(asked[0]?.messages.at(-1)).toEqual({ role: 'assistant', content: 'Price is $' });
    expect(asked.every(({ messages, item }) => !JSON.stringify(messages).includes(`${String(truthOf(item))}.00`))).toBe(
      true,
    );
  });

  it('prints a finished run again with --resume, and asks nothing', async () => {
    const file = evalFile();
    const first = printed((await run(evaluate(file, '--format', 'json'))).out);
    const again = printed((await run(evaluate(file, '--format', 'json', '--resume'))).out);
    expect(again).toEqual(first);
    expect(asked).toHaveLength(2 * ITEMS);
    // A changed grader is another evaluation.
    const other = evalFile({ grader: { type: 'number', green: { absolute: 1, relative: 0 } } });
    const changed = printed((await run(evaluate(other, '--format', 'json', '--resume'))).out);
    expect(changed.run).not.toBe(first.run);
    expect(asked).toHaveLength(4 * ITEMS);
    // Without --resume it is a new run.
    expect(printed((await run(evaluate(file, '--format', 'json'))).out).run).not.toBe(first.run);
  });

  it('goes on with a run that was killed, and pays for no row twice but those under way', async () => {
    const file = evalFile();
    silentAfter = 30;
    const child: ChildProcess = spawn(process.execPath, [BUILT_CLI, ...evaluate(file, '--format', 'json')], {
      cwd: folder,
      env: { ...process.env, TUNING_FORK_API_KEY: KEY },
      stdio: 'ignore',
    });
    await vi.waitUntil(() => asked.length >= 38, { timeout: 20_000, interval: 5 });
    child.kill('SIGKILL');
    await once(child, 'close');
    silentAfter = Infinity;
    const { code, out } = await run(evaluate(file, '--format', 'json', '--resume'));
    expect(code).toBe(0);
    expect(printed(out).contestants.map(({ items }) => items)).toEqual([ITEMS, ITEMS, ITEMS]);
    expect(asked.length - 2 * ITEMS).toBeLessThanOrEqual(8);
    expect(readdirSync(path.join(data, 'evaluations')).filter((name) => name.endsWith('.jsonl'))).toHaveLength(1);
  });

  it('ends with 130 after Ctrl-C and keeps its rows', async () => {
    silentAfter = 20;
    const child = spawn(process.execPath, [BUILT_CLI, ...evaluate(evalFile(), '--format', 'json')], {
      cwd: folder,
      env: { ...process.env, TUNING_FORK_API_KEY: KEY },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let out = '';
    child.stdout.on('data', (part: Buffer) => (out += part.toString()));
    await vi.waitUntil(() => asked.length >= 28, { timeout: 20_000, interval: 5 });
    child.kill('SIGINT');
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(130);
    expect(printed(out).status).toBe('cancelled');
  });

  it.each([
    [{ pass: { mae: { max: 7 } } }, 0, true],
    [{ pass: { mae: { max: 5 } } }, 1, false],
    [{ pass: { vsBaseline: 'not worse' } }, 0, true],
    [{ pass: { vsBaseline: 'better' } }, 0, true],
    [{ pass: { vsBaseline: 'better' }, baseline: 'tuned', contestants: 'swapped' }, 1, false],
  ] as const)('judges the thresholds %j with exit code %i', async (changes, code, pass) => {
    const swapped = [
      { label: 'mini', model: 'plain', baseUrl },
      { label: 'tuned', model: 'ft:good', baseUrl },
    ];
    const file = evalFile('contestants' in changes ? { ...changes, contestants: swapped } : changes);
    const ended = await run(evaluate(file, '--format', 'json'));
    expect(ended.code).toBe(code);
    expect(printed(ended.out).pass).toBe(pass);
  });

  it('is red for too few items, and says how many it needs', async () => {
    writeFileSync(path.join(folder, 'prices.test.jsonl'), rows(0, 12));
    const contestants = [
      { label: 'mini', model: 'plain', baseUrl },
      { label: 'tuned', model: 'ft:good', baseUrl },
    ];
    const file = evalFile({ contestants, matters: 0.001, pass: { vsBaseline: 'not worse' } });
    const { code, out } = await run(evaluate(file));
    expect(code).toBe(1);
    expect(out).toMatch(
      /✗ A loss of 0\.0\d* against the baseline is not excluded: about [\d,]+ to [\d,]+ items would be needed\./,
    );
  });

  it('warns before it asks of items that were trained on, and names them in the formats of machines', async () => {
    const training = rows(100, 60) + rows(0, 3) + rows(4, 1).replace('$140', '$141');
    writeFileSync(path.join(folder, 'prices.train.jsonl'), training);
    const sentence =
      "4 of 40 items are in the model's training file. These figures do not tell how the model does on new items.";
    const priced = await run(['evaluate', evalFile(), '--data-dir', data]);
    expect([priced.code, asked.length]).toEqual([3, 0]);
    expect(priced.err.startsWith(`${sentence}\n`)).toBe(true);
    const { out, err } = await run(evaluate(evalFile(), '--format', 'json'));
    expect(err).toBe(`${sentence}\n`);
    expect((JSON.parse(out) as { trainedOn: object }).trainedOn).toEqual({ same: 4, near: 0 });
    const github = await run(evaluate(evalFile(), '--resume', '--format', 'github'));
    expect(github.out).toContain(`::warning file=prices.eval.json::${sentence}\n`);
    const alone = await run(evaluate(evalFile({ trainingFile: undefined }), '--format', 'json'));
    expect([alone.err, (JSON.parse(alone.out) as { trainedOn: null }).trainedOn]).toEqual(['', null]);
  });

  it('begins a new run when the plan of looks is another one, and judges thresholds by the file as it is', async () => {
    const first = printed((await run(evaluate(evalFile(), '--format', 'json'))).out);
    const before = asked.length;
    const early = printed((await run(evaluate(evalFile({ stopEarly: true }), '--resume', '--format', 'json'))).out);
    expect(early.run).not.toBe(first.run);
    expect(early.status).toBe('stopped-early');
    expect(asked.length).toBeGreaterThan(before);
    const atAll = asked.length;
    const again = printed((await run(evaluate(evalFile({ stopEarly: true }), '--resume', '--format', 'json'))).out);
    expect([again.run, asked.length]).toEqual([early.run, atAll]);
    const judged = await run(evaluate(evalFile({ pass: { mae: { max: 1 } } }), '--resume', '--format', 'json'));
    expect([judged.code, printed(judged.out).run, printed(judged.out).pass]).toEqual([1, first.run, false]);
    expect(asked.length).toBe(atAll);
  });

  it('refuses what costs money, with exit code 3, and asks nothing', async () => {
    const file = evalFile();
    const { code, err } = await run(['evaluate', file, '--data-dir', data]);
    expect(code).toBe(3);
    expect(err).toMatch(/Price unknown for ft:good/);
    expect(asked).toEqual([]);
    expect(readdirSync(folder)).not.toContain('data');
  });

  it('says that a file alone steers no key, and how to allow it', async () => {
    const contestants = [
      { label: 'tuned', model: 'ft:good', baseUrl: 'https://api.openai.com/v1' },
      { label: 'mini', model: 'plain', baseUrl },
    ];
    const { code, err } = await run(evaluate(evalFile({ contestants })));
    expect(code).toBe(2);
    expect(err).toMatch(
      /TUNING_FORK_API_KEY is not sent to api\.openai\.com: an evaluation file alone steers no key\. Allow it with --key-for https:\/\/api\.openai\.com\./,
    );
    expect(asked).toEqual([]);
    expect(existsSync(path.join(data, 'evaluations'))).toBe(false);
  });

  it('names the place of what is wrong in the file', async () => {
    const { code, err } = await run(evaluate(evalFile({ primary: 'accuracy' })));
    expect(code).toBe(2);
    expect(err).toMatch(
      /primary in prices\.eval\.json, line 1: one of mae, medianError, rmsle, and hits is expected\. Correct the file\./,
    );
    const missing = await run(evaluate(evalFile({ testFile: 'missing.jsonl' })));
    expect(missing.code).toBe(2);
    expect(missing.err).toMatch(/missing\.jsonl does not exist/);
  });

  it('writes a run file that verify checks, and finds changed', async () => {
    const out = path.join(folder, 'prices.run.jsonl');
    await run(evaluate(evalFile(), '--out', out));
    const verified = await run(['verify', out]);
    expect(verified.code).toBe(0);
    expect(verified.out).toMatch(/^tuned is better than mini/);
    const text = readFileSync(out, 'utf8');
    expect(text).not.toContain(folder);
    expect(text).not.toContain(KEY);
    writeFileSync(out, text.replace('"guess":104', '"guess":105'));
    const changed = await run(['verify', out]);
    expect(changed.code).toBe(1);
    expect(changed.err).toMatch(/^Line \d+ of the run file is not what was written/);
  });

  it('speaks to GitHub and to JUnit', async () => {
    const file = evalFile({ pass: { mae: { max: 1 }, hits: { min: 0.5 } } });
    const github = await run(evaluate(file, '--format', 'github'));
    expect(github.out).toMatch(/^::notice file=prices\.eval\.json::tuned is better than mini/);
    expect(github.out).toMatch(/::error file=prices\.eval\.json,title=mae::mae is 6\.\d\d; allowed is at most 1\.00\./);
    const junit = await run(evaluate(file, '--format', 'junit', '--resume'));
    expect(junit.code).toBe(1);
    expect(junit.out).toContain('<testsuite name="prices.eval.json" tests="2" failures="1">');
    expect(junit.out).toMatch(/<testcase classname="prices\.eval\.json" name="mae"><failure message="mae is 6/);
  });

  it('compares labels by accuracy and F1', async () => {
    const label = (n: number): string => (n % 3 === 0 ? 'cheap' : 'dear');
    writeFileSync(
      path.join(folder, 'labels.jsonl'),
      Array.from(
        { length: 30 },
        (_, n) =>
          `${JSON.stringify({
            messages: [
              { role: 'user', content: `Is thing ${String(n)} cheap?` },
              { role: 'assistant', content: label(n) },
            ],
          })}\n`,
      ).join(''),
    );
    const file = evalFile({
      testFile: 'labels.jsonl',
      answerPrefix: null,
      primary: 'accuracy',
      grader: { type: 'label' },
    });
    const result = printed((await run(evaluate(file, '--format', 'json'))).out);
    // The replies are numbers, so no label is given; the constant is right where the label is the more frequent one.
    expect(result.contestants.map(({ noNumber, metrics }) => [noNumber, metrics['accuracy']?.value])).toEqual([
      [30, 0],
      [30, 0],
      [0, 2 / 3],
    ]);
  });

  it('looks for patterns, also in answers of floors', async () => {
    const file = evalFile({
      primary: 'accuracy',
      grader: { type: 'regex', pattern: '^1\\d\\d$' },
    });
    const result = printed((await run(evaluate(file, '--format', 'json'))).out);
    const hits = (model: string): number =>
      Array.from({ length: ITEMS }, (_, n) => truthOf(n) + (errors[model]?.(n) ?? 0)).filter((value) => value < 200)
        .length;
    expect(result.contestants.slice(0, 2).map(({ metrics }) => metrics['accuracy']?.value)).toEqual([
      hits('ft:good') / ITEMS,
      hits('plain') / ITEMS,
    ]);
    // The most frequent answer is one of the training prices, which are all above 199.
    expect(result.contestants[2]?.metrics['accuracy']?.value).toBe(0);
    const out = path.join(folder, 'regex.run.jsonl');
    await run(evaluate(file, '--resume', '--out', out));
    expect((await run(['verify', out])).code).toBe(0);
  });

  it('stops as soon as the answer is in, with the interval after stopping, and says so', async () => {
    const out = path.join(folder, 'early.run.jsonl');
    const file = evalFile({ stopEarly: true });
    const { code, out: text } = await run(evaluate(file, '--format', 'json', '--out', out));
    expect(code).toBe(0);
    const result = printed(text);
    expect(result.status).toBe('stopped-early');
    expect(asked.length).toBeLessThan(1.5 * ITEMS);
    expect(result.sentence).toMatch(
      /The answer was in after 16 of 40 rows, as planned; the interval is the one after stopping\./,
    );
    const claims = result.comparisons
      .filter(({ a }) => a === 'tuned')
      .map(({ metric, claim, typical }) => [metric, claim, typical?.claim]);
    expect(claims).toEqual([
      ['mae', 'better', 'none'],
      ['rmsle', 'none', undefined],
      ['hits', 'none', undefined],
    ]);
    // Wider than the interval of a fixed end over the same rows: the limit at the second look is 3.2 standard errors, not 2.
    const mae = result.comparisons.find(({ a, metric }) => a === 'tuned' && metric === 'mae');
    const records = readFileSync(out, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{"k":"look"'));
    const look = (
      JSON.parse(records.at(-1) ?? '{}') as { look: { rows: number; limit: number; estimate: { low: number } } }
    ).look;
    expect(look.rows).toBe(16);
    expect(look.limit).toBeGreaterThan(3.2);
    expect(mae?.low).toBe(look.estimate.low);
    expect((await run(['verify', out])).code).toBe(0);
    const refused = await run(evaluate(evalFile({ stopEarly: true, primary: 'rmsle' })));
    expect(refused.err).toMatch(/stopEarly in .*can stop early by mae, hits, and accuracy only/);
  });
});
