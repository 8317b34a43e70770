import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run as command } from '../../../src/cli/run.ts';
import { LOOK_FOR_LOST_MS } from '../../../src/jobs/start/recovery.ts';
import { ConnectionStore } from '../../../src/connections/store.ts';
import { EARLY_STOP_METADATA } from '../../../src/core/training/earlyStop.ts';
import { writeLimits } from '../../../src/connections/limits.ts';
import { JobStore } from '../../../src/jobs/store/store.ts';
import { endProcess } from '../../../scripts/lib/processes.ts';
import { createFaultServer, type FaultServerOptions, type LocalFaultServer } from '../../support/faultServer.ts';
import { BUILT_CLI } from '../../support/builtCli.ts';

const CANARY = 'sk-canary-0123456789abcdefghij';

let folder: string;
let data: string;
let training: string;
let server: LocalFaultServer;

const row = (n: number, answer = `Price is $${String(n)}.00`): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: `What does thing ${String(n)} cost?` },
      { role: 'assistant', content: answer },
    ],
  });
const rows = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, n) => `${row(from + n)}\n`).join('');

async function serve(options: FaultServerOptions = {}): Promise<void> {
  server = await createFaultServer(options);
}

describe('a dataset that is changed while it is started', () => {
  afterEach(() => {
    onWrite = () => undefined;
  });

  it.each(['training', 'validation'])('is refused in one sentence, with nothing uploaded: %s', async (role) => {
    const validation = path.join(folder, 'prices.validation.jsonl');
    writeFileSync(validation, rows(3, 100));
    const changed = role === 'training' ? training : validation;
    onWrite = (text) => {
      // After the check and the price, before the copy is made.
      if (text.includes('Reading the dataset')) writeFileSync(changed, rows(40, 200));
    };
    const { code, err } = await run(tune(...paid(), '--validation', validation, '--max-cost', 'none'));
    expect(code).toBe(2);
    expect(err).toContain(`${path.basename(changed)} was changed since it was checked, so nothing was uploaded.`);
    expect(server.ledger.files).toEqual([]);
    expect(server.ledger.jobs).toEqual([]);
  });
});

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-cli-'));
  data = path.join(folder, 'data');
  training = path.join(folder, 'prices.train.jsonl');
  writeFileSync(training, rows(12));
  process.chdir(folder);
  await serve();
});
afterEach(async () => {
  process.chdir(tmpdir());
  await server.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** In this process: most of what a command does needs none of its own. The key comes from the environment only. */
async function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const written = { out: '', err: '' };
  const spies = (['out', 'err'] as const).map((name) =>
    vi.spyOn(name === 'out' ? process.stdout : process.stderr, 'write').mockImplementation((text) => {
      written[name] += text.toString();
      onWrite(text.toString());
      return true;
    }),
  );
  for (const [name, value] of Object.entries({ ...keys(), ...environment })) vi.stubEnv(name, value);
  try {
    return { code: await command([...args, '--data-dir', data]), ...written };
  } finally {
    vi.unstubAllEnvs();
    for (const spy of spies) spy.mockRestore();
  }
}

const keys = (): Readonly<Record<string, string>> => ({ TUNING_FORK_API_KEY: server.apiKey, OPENAI_API_KEY: '' });

let onWrite: (text: string) => void = () => undefined;

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly err: () => string;
}

/** In a process of its own, for what ends it. */
function start(args: readonly string[]): Running {
  const child = spawn(process.execPath, [BUILT_CLI, ...args, '--data-dir', data], {
    cwd: folder,
    env: { ...process.env, ...keys() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    out: out.join(''),
    err: err.join(''),
  }));
  return { child, ended, err: () => err.join('') };
}
const at = (): string[] => ['--base-url', server.baseUrl];
const paid = (): string[] => [...at(), '--model', 'base-1'];
const free = (): string[] => [...at(), '--model', 'local-linear-1'];
const tune = (...more: string[]): string[] => ['tune', training, ...more];
const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;

/** Resolves when the server has seen the request. */
async function seen(route: string, times = 1): Promise<void> {
  const until = performance.now() + 15_000;
  while (server.count(route) < times) {
    if (performance.now() > until) throw new Error(`${route} was not asked for.`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
async function said(running: Running, text: string): Promise<void> {
  const until = performance.now() + 15_000;
  while (!running.err().includes(text)) {
    if (performance.now() > until) throw new Error(`It did not say ${text}: ${running.err()}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
async function records() {
  const store = new JobStore({ folder: path.join(data, 'jobs') });
  await store.load();
  const found = store.list();
  await store.dispose();
  return found;
}
const unfinished = (): unknown => json(readFileSync(path.join(data, 'unfinished.json'), 'utf8'));
function everythingIn(where: string): string {
  return readdirSync(where, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
}

describe('tune', () => {
  it('starts a job, waits for its end and leaves it where the extension finds it', async () => {
    const validation = path.join(folder, 'prices.validation.jsonl');
    writeFileSync(validation, rows(3, 50));
    const { code, out, err } = await run(
      tune(...free(), '--validation', validation, '--suffix', 'prices', '--epochs', '2', '--wait', '--format', 'json'),
    );
    expect([code, err]).toEqual([0, expect.stringContaining('was started at 127.0.0.1')]);
    expect(err).toMatch(/Free: [\d,]+ tokens trained on this machine\.\n/);
    const [job] = server.ledger.jobs;
    expect(json(out)).toMatchObject({
      id: job?.id,
      status: 'succeeded',
      model: 'local-linear-1',
      fineTunedModel: expect.stringMatching(/^ft:local-linear-1:.*:prices:/) as string,
      trainedTokens: 1000,
      adopted: false,
      priceEstimate: 0,
      duplicates: [],
    });
    expect(job?.metadata).toMatchObject({ tuning_fork_name: 'prices' });

    // What the trees show: a connection, the job with its curve, and nothing left to do at the next launch.
    const [, connection] = await new ConnectionStore(data).list();
    expect(connection).toMatchObject({ kind: 'compatible', baseUrl: server.baseUrl });
    const [record] = await records();
    expect(record).toMatchObject({
      connectionId: connection?.id,
      complete: true,
      job: { id: job?.id, status: 'succeeded' },
      local: { name: 'prices', answerPrefix: 'Price is $', examples: 12, startedHere: true, notified: true },
    });
    expect([...(record?.curve.steps ?? [])]).toEqual([1, 2, 3, 4]);
    expect(record?.checkpoints.length).toBeGreaterThan(0);
    expect(unfinished()).toEqual({ v: 1, connections: [], starts: [] });

    // The same address is the same connection from now on.
    const again = await run(tune('--connection', '127.0.0.1', '--model', 'local-linear-1'));
    expect([again.code, again.out]).toEqual([2, '']);
    expect(again.err).toContain('There is no connection 127.0.0.1; the connections are Local and 127.0.0.1:');
    const name = connection?.name ?? '';
    expect((await run(tune('--connection', name.toUpperCase(), '--model', 'local-linear-1'))).code).toBe(0);
    expect(await new ConnectionStore(data).list()).toHaveLength(2);
    expect(server.ledger.jobs).toHaveLength(2);
    // The same content is not uploaded a second time.
    expect(server.ledger.files.filter(({ filename }) => !filename.endsWith('-v.jsonl'))).toHaveLength(1);
  });

  it('leaves a job that runs to the extension', async () => {
    await server.close();
    await serve({ engine: 'endless' });
    const { code, out } = await run(tune(...free()));
    expect(code).toBe(0);
    expect(out).toMatch(/^ftjob-\w+ (?:validating_files|queued|running)\n$/);
    const [record] = await records();
    expect(record).toMatchObject({ complete: false, local: { startedHere: true, notified: false } });
    expect(unfinished()).toEqual({ v: 1, connections: [record?.connectionId], starts: [] });
  });

  it.each([
    ['failed', { error: { code: 'invalid_training_file', message: 'Line 3 is bad.\u001b[2J', param: null } }],
    ['cancelled', {}],
  ])('ends with 1 when the job has %s', async (status, more) => {
    server.otherwise = (route) =>
      /^GET \/fine_tuning\/jobs\/[^/]+$/.test(route)
        ? { kind: 'rewrite', change: (body) => ({ ...(body as object), status, fine_tuned_model: null, ...more }) }
        : { kind: 'ok' };
    const { code, out, err } = await run(tune(...free(), '--wait'));
    expect(code).toBe(1);
    expect(out).toMatch(new RegExp(`^ftjob-\\w+ ${status}`));
    // eslint-disable-next-line no-control-regex -- nothing a server writes may steer the terminal
    expect(out + err).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('goes on waiting while the provider does not answer', async () => {
    let left = 3;
    server.otherwise = (route) => {
      if (!/^GET \/fine_tuning\/jobs\/[^/]+$/.test(route) || left === 0) return { kind: 'ok' };
      left -= 1;
      return { kind: 'status', status: 503, headers: { 'retry-after-ms': '1' } };
    };
    const { code, err } = await run(tune(...free(), '--wait'));
    expect([code, left]).toEqual([0, 0]);
    expect(err).toContain('succeeded');
  });

  describe('and money', () => {
    it.each<[string, string[], number, RegExp]>([
      [
        'nothing is allowed',
        ['--price', '100'],
        3,
        /This would cost money\. About \$0\.\d\d: .* Allow it with --max-cost (0\.\d\d)\./,
      ],
      [
        'nothing is known',
        ['--max-cost', '5'],
        3,
        /Price unknown for base-1: .*--price USD, or allow any amount with --max-cost none\./,
      ],
      [
        'it is above the cap',
        ['--price', '100', '--max-cost', '0.01'],
        3,
        /This would cost about \$0\.\d\d, and --max-cost allows \$0\.01\./,
      ],
      ['it is below the cap', ['--price', '100', '--max-cost', '1'], 0, /About \$0\.\d\d/],
      ['any amount is allowed', ['--max-cost', 'none'], 0, /Price unknown/],
    ])('%s', async (_name, options, expected, text) => {
      const { code, out, err } = await run(tune(...paid(), ...options, '--format', 'json'));
      expect(code).toBe(expected);
      expect(err).toMatch(text);
      expect(server.ledger.jobs).toHaveLength(expected === 0 ? 1 : 0);
      if (expected === 0) return;
      // Nobody was asked anything, nothing was kept, and a program can read why.
      expect(server.requests).toEqual([]);
      expect(await new ConnectionStore(data).list()).toHaveLength(1);
      expect(json(out)).toMatchObject({ problem: { code: expect.stringMatching(/price/) as string } });
      const proposed = /--max-cost (\d+\.\d\d)\./.exec(err)?.[1];
      if (proposed !== undefined) expect((await run(tune(...paid(), ...options, '--max-cost', proposed))).code).toBe(0);
    });

    describe("with the editor's settings beside it", () => {
      const CAP = /the limit in VS Code's settings \(tuningFork\.cost\.cap\) is \$0\.01/;
      beforeEach(async () => {
        mkdirSync(data, { recursive: true });
        await writeLimits(data, { cap: 0.01, prices: { 'base-1': 100 } });
      });

      it.each<[string, string[], number, RegExp]>([
        [
          'names the cap that stops it',
          [],
          3,
          new RegExp(`^This would cost about .*${CAP.source}.*--max-cost 0\\.\\d\\d`, 'm'),
        ],
        ['names it when it was asked for by name, too', ['--max-cost', 'cap'], 3, CAP],
        [
          'lets --max-cost go before it, and says so',
          ['--max-cost', '1'],
          0,
          new RegExp(`^Note that ${CAP.source}; --max-cost overrides it`, 'm'),
        ],
        [
          'lets any amount go before it, and says so',
          ['--max-cost', 'none'],
          0,
          new RegExp(`^Note that ${CAP.source}`, 'm'),
        ],
        ['lets --max-cost be lower', ['--max-cost', '0'], 3, /--max-cost allows \$0\.00/],
        ['takes --price before its prices', ['--price', '0.5', '--max-cost', 'cap'], 0, /at \$0\.50 per million/],
        ['allows nothing by itself', ['--price', '0.5'], 3, /This would cost money\..*--max-cost 0\.01/],
      ])('%s', async (_name, options, expected, text) => {
        const { code, err } = await run(tune(...paid(), ...options));
        expect([err, code]).toEqual([expect.stringMatching(text), expected]);
        expect(server.ledger.jobs).toHaveLength(expected === 0 ? 1 : 0);
        if (options.includes('--price') || options.includes('0')) expect(err).not.toMatch(/^Note that/m);
      });

      it('does not look at it where nothing is paid', async () => {
        expect(await run(tune(...free(), '--max-cost', 'cap'))).toMatchObject({ code: 0 });
      });

      it('goes on without it when it is broken, and says so', async () => {
        writeFileSync(path.join(data, 'limits.json'), '{"v":1,"cap":');
        const { code, err } = await run(tune(...paid(), '--price', '100', '--max-cost', 'cap'));
        expect(code).toBe(3);
        expect(err).toMatch(/limits\.json cannot be read\. Open the Jobs view/);
        expect(err).toMatch(/No price limit is known here/);
        expect((await run(tune(...paid(), '--price', '100', '--max-cost', '1'))).code).toBe(0);
      });

      it('is kept by the built command, too', async () => {
        const refused = await start(tune(...paid())).ended;
        expect([refused.err, refused.code]).toEqual([expect.stringMatching(CAP), 3]);
        expect(server.ledger.jobs).toHaveLength(0);
        const allowed = await start(tune(...paid(), '--max-cost', '1')).ended;
        expect([allowed.err, allowed.code]).toEqual([expect.stringMatching(/Note that the limit/), 0]);
        expect(server.ledger.jobs).toHaveLength(1);
      });
    });

    it('is not asked for twice when the answer is lost (F03)', async () => {
      server.script('POST /fine_tuning/jobs', { kind: 'reset', after: true });
      const { code, out, err } = await run(tune(...paid(), '--max-cost', 'none', '--format', 'json'));
      expect([code, json(out)['adopted']]).toEqual([0, true]);
      expect(err).toContain('The answer was lost. Looking for the job at the provider…');
      expect(server.count('POST /fine_tuning/jobs')).toBe(1);
      expect(json(out)['id']).toBe(server.ledger.jobs[0]?.id);
    });
  });

  describe('after kill -9', () => {
    async function killedAt(route: string): Promise<void> {
      server.script(route, { kind: 'silence', after: true });
      const running = start(tune(...paid(), '--max-cost', 'none'));
      await seen(route);
      running.child.kill('SIGKILL');
      await running.ended;
    }

    it('between upload and create: refuses, and goes on with --resume to one job and one file', async () => {
      await killedAt('POST /files');
      const again = await run(tune(...paid(), '--max-cost', 'none'));
      expect([again.code, server.count('POST /fine_tuning/jobs')]).toEqual([2, 0]);
      expect(again.err).toMatch(
        /was interrupted \(\d{4}-\d\d-\d\d \d\d:\d\d UTC\) before a job was requested\. Resume it with --resume, or discard it and start again with --forget\.\n$/,
      );
      const resumed = await run(tune(...paid(), '--max-cost', 'none', '--resume'));
      expect([resumed.code, server.ledger.jobs.length, server.ledger.files.length]).toEqual([0, 1, 1]);
      expect((await records()).map(({ job }) => job.id)).toEqual([server.ledger.jobs[0]?.id]);
      // --resume goes on with what there is, and starts when there is nothing.
      expect((await run(tune(...paid(), '--max-cost', 'none', '--resume'))).code).toBe(0);
      expect(server.ledger.jobs).toHaveLength(2);
    });

    it('after the job was asked for: finds it with --resume, without asking for money again', async () => {
      await killedAt('POST /fine_tuning/jobs');
      const again = await run(tune(...paid(), '--max-cost', 'none'));
      expect([again.code, again.err]).toEqual([2, expect.stringContaining('after the job was requested')]);
      const resumed = await run(tune(...paid(), '--resume', '--format', 'json'));
      expect([resumed.code, json(resumed.out)['adopted']]).toEqual([0, true]);
      expect([server.ledger.jobs.length, server.count('POST /fine_tuning/jobs')]).toEqual([1, 1]);
    });

    it(
      'after the job was asked for and is not found: answers --resume within seconds, not after a minute and a half',
      { timeout: 40_000 },
      async () => {
        server.script('POST /fine_tuning/jobs', { kind: 'silence' });
        const running = start(tune(...paid(), '--max-cost', 'none'));
        await seen('POST /fine_tuning/jobs');
        running.child.kill('SIGKILL');
        await running.ended;
        const { code, err } = await run(tune(...paid(), '--resume'));
        expect([code, err]).toEqual([2, expect.stringContaining('it is not known whether the job was created')]);
        // At once and after 2 and 5 seconds, each time with and without the filter.
        expect(LOOK_FOR_LOST_MS).toEqual([0, 2000, 5000]);
        expect(server.count('GET /fine_tuning/jobs')).toBe(2 * LOOK_FOR_LOST_MS.length);
        expect(server.count('POST /fine_tuning/jobs')).toBe(1);
      },
    );

    it('forgets it with --forget and starts anew', async () => {
      await killedAt('POST /files');
      expect((await run(tune(...paid(), '--max-cost', 'none', '--forget'))).code).toBe(0);
      expect(server.ledger.jobs).toHaveLength(1);
      expect((await run(tune(...paid(), '--max-cost', 'none'))).code).toBe(0);
    });
  });

  it('is ended by Ctrl-C while nothing was asked for, and can be started again', async () => {
    server.script('POST /files', { kind: 'silence' });
    const running = start(tune(...paid(), '--max-cost', 'none'));
    await seen('POST /files');
    running.child.kill('SIGINT');
    const { code, err } = await running.ended;
    expect([code, err]).toEqual([130, expect.stringContaining('The start was canceled before a job was created.')]);
    expect((await run(tune(...paid(), '--max-cost', 'none'))).code).toBe(0);
    expect(server.ledger.jobs).toHaveLength(1);
  });

  describe('by other methods', () => {
    const pairs = Array.from({ length: 12 }, (_, n) =>
      JSON.stringify({
        input: { messages: [{ role: 'user', content: `question ${String(n)}` }] },
        preferred_output: [{ role: 'assistant', content: `good ${String(n)}` }],
        non_preferred_output: [{ role: 'assistant', content: `bad ${String(n)}` }],
      }),
    ).join('\n');
    const questions = Array.from({ length: 12 }, (_, n) =>
      JSON.stringify({ messages: [{ role: 'user', content: `question ${String(n)}` }], answer: String(n) }),
    ).join('\n');
    const grader = {
      type: 'string_check',
      name: 'same',
      input: '{{sample.output_text}}',
      reference: '{{item.answer}}',
      operation: 'eq',
    };
    /** Our server trains supervised only; a provider's answer replaces it. */
    const takesAll = (): void => {
      server.otherwise = (route, { body }) =>
        route === 'POST /fine_tuning/jobs'
          ? {
              kind: 'json',
              value: { ...json(body), id: 'ftjob-other', object: 'fine_tuning.job', status: 'queued', created_at: 1 },
            }
          : { kind: 'ok' };
    };
    const asked = (): unknown =>
      json(
        server.requests.find(({ method, path: at }) => `${method} ${at}` === 'POST /fine_tuning/jobs')?.body ?? '{}',
      )['method'];

    it('tells preference pairs by their form', async () => {
      writeFileSync(training, pairs);
      takesAll();
      expect((await run(tune(...paid(), '--max-cost', '5'))).code).toBe(3);
      expect((await run(tune(...paid(), '--max-cost', 'none', '--epochs', '2'))).code).toBe(0);
      expect(asked()).toMatchObject({ type: 'dpo', dpo: { hyperparameters: { n_epochs: 2 } } });
    });

    it('takes a grader for rows without answers, and holds it against them', async () => {
      writeFileSync(training, questions);
      takesAll();
      const without = await run(tune(...paid(), '--max-cost', 'none'));
      expect([without.code, without.err]).toEqual([2, expect.stringContaining('--grader')]);
      writeFileSync('grader.json', JSON.stringify({ ...grader, reference: '{{item.other}}' }));
      const missing = await run(tune(...paid(), '--max-cost', 'none', '--grader', 'grader.json'));
      expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('[grader-field-missing]')]);
      writeFileSync('grader.json', JSON.stringify({ ...grader, operation: 'equals' }));
      const wrong = await run(tune(...paid(), '--max-cost', 'none', '--grader', 'grader.json'));
      expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('"operation"')]);
      expect(server.requests).toEqual([]);
      writeFileSync('grader.json', JSON.stringify(grader));
      const { code, err } = await run(tune(...paid(), '--max-cost', 'none', '--grader', 'grader.json'));
      expect([code, err]).toEqual([0, expect.stringContaining('billed by the hour')]);
      expect(asked()).toMatchObject({ type: 'reinforcement', reinforcement: { grader } });
    });

    it('warns about system messages in rows for a grader where the connection does not take them', async () => {
      const system = { role: 'system', content: 'Be brief.' };
      const rows = questions.split('\n').map((line) => {
        const { messages, ...rest } = json(line) as { messages: object[] };
        return JSON.stringify({ messages: [system, ...messages], ...rest });
      });
      writeFileSync(training, rows.join('\n'));
      writeFileSync('grader.json', JSON.stringify(grader));
      takesAll();
      await new ConnectionStore(data).add({ kind: 'azure', name: 'Azure', baseUrl: server.baseUrl });
      const more = ['--model', 'base-1', '--max-cost', 'none', '--grader', 'grader.json'];
      const azure = await run(tune('--connection', 'Azure', ...more));
      expect(azure.err).toContain('Warning: 12 rows have a system message, which Azure does not take');
    });

    it('says what a connection does not offer', async () => {
      writeFileSync(training, pairs);
      const { code, err } = await run(tune());
      expect([code, err]).toEqual([
        2,
        expect.stringContaining('The examples are for preference (DPO) training, which local-linear-1 does not offer.'),
      ]);
    });

    it('says where no job stops by itself', async () => {
      writeFileSync('validation.jsonl', `${rows(3)}\n`);
      const { code, err } = await run(tune(...free(), '--validation', 'validation.jsonl', '--stop-early'));
      expect([code, err]).toEqual([
        2,
        expect.stringContaining('does not stop a job by itself when validation gets worse. Leave out --stop-early.'),
      ]);
      expect(server.count('POST /v1/files')).toBe(0);
    });

    it('wants both files of one kind', async () => {
      writeFileSync('pairs.jsonl', pairs);
      const { code, err } = await run(tune(...free(), '--validation', 'pairs.jsonl'));
      expect([code, err]).toEqual([
        2,
        expect.stringContaining('pairs.jsonl has examples of another kind than prices.train.jsonl.'),
      ]);
    });
  });

  it('refuses a dataset with errors, with the lines that check names, and asks nobody', async () => {
    writeFileSync(training, `${rows(10)}${row(11).replace(']', ',]')}\n`);
    const { code, err } = await run(tune(...free()));
    expect(code).toBe(2);
    expect(err).toContain(`${training}:11:`);
    expect(err).toContain('[json-trailing-comma]\n1 error, 0 warnings, 0 notes\n');
    expect(err).toMatch(/prices\.train\.jsonl has 1 error, so nothing was started\. Fix the lines above\.\n$/);
    expect(server.requests).toEqual([]);
  });

  it('warns of rows of the validation file that are in the training file, and starts', async () => {
    writeFileSync(path.join(folder, 'v.jsonl'), rows(2));
    const { code, err } = await run(tune(...free(), '--validation', 'v.jsonl'));
    expect(code).toBe(0);
    expect(err.match(/\[leakage-exact\]/g)).toHaveLength(2);
  });

  it('sends OPENAI_API_KEY to no other address, and writes no key down (P12)', async () => {
    const environment = { TUNING_FORK_API_KEY: '', OPENAI_API_KEY: CANARY };
    const { code, err } = await run(tune(...free()), environment);
    expect([code, err]).toEqual([2, expect.stringMatching(/key/i)]);
    expect(server.requests.length).toBeGreaterThan(0);
    for (const { headers } of server.requests) expect(JSON.stringify(headers)).not.toContain(CANARY);
    const done = await run(tune(...free(), '--forget', '--wait'), { OPENAI_API_KEY: CANARY });
    expect(done.code).toBe(0);
    for (const text of [everythingIn(data), done.out, done.err]) {
      expect(text).not.toContain(CANARY);
      expect(text).not.toContain(server.apiKey);
    }
  });

  it('says that a key is missing before anything is sent', async () => {
    const { code, err } = await run(
      tune('--base-url', 'https://api.openai.com/v1', '--model', 'gpt-4.1-nano', '--max-cost', '1'),
      { TUNING_FORK_API_KEY: '' },
    );
    expect(code).toBe(2);
    expect(err).toContain('Set OPENAI_API_KEY or TUNING_FORK_API_KEY in the environment.');
  });

  it.each([
    [[], 'TRAIN, the file to train on, is missing.'],
    [['x.jsonl', 'y.jsonl'], 'so y.jsonl is not understood'],
    [['nothing.jsonl'], 'does not exist'],
    [['prices.train.jsonl', '--validation', './prices.train.jsonl'], 'The validation file is the training file'],
    [['prices.train.jsonl', '--base-url', 'http://api.example.com/v1', '--model', 'm'], 'unencrypted over http'],
    [['prices.train.jsonl', '--base-url', 'https://a.example/v1', '--connection', 'x'], 'cannot both be given'],
    [
      ['prices.train.jsonl', '--base-url', 'https://a.example/v1'],
      '--model, the name of the base model at the provider, is missing.',
    ],
    [['prices.train.jsonl', '--suffix', 'a:b'], 'The suffix may only have letters'],
    [['prices.train.jsonl', '--epochs', '51'], 'between 1 and 50'],
    [['prices.train.jsonl', '--max-cost', '-1'], "Option '--max-cost' argument is ambiguous."],
    [['prices.train.jsonl', '--max-cost', '1e9'], '1e9 is not an amount in US dollars.'],
    [['prices.train.jsonl', '--start-again'], '--start-again needs --resume.'],
    [['prices.train.jsonl', '--stop-early'], '--stop-early needs --validation'],
    [['prices.train.jsonl', '--api-key', 'x'], "Unknown option '--api-key'."],
    [['prices.train.jsonl', '--connection', 'x\u001b[31m'], 'There is no connection x\uFFFD[31m'],
  ])('%j cannot be done', async (args, text) => {
    const { code, out, err } = await run(['tune', ...args]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(text);
    expect(err).not.toMatch(/^\s+at /m);
    expect(server.requests).toEqual([]);
  });
});

describe('job, jobs and cancel', () => {
  it('look at a job that was left by Ctrl-C, and end it', async () => {
    await server.close();
    await serve({ engine: 'endless' });
    const waiting = start(tune(...free(), '--wait'));
    await said(waiting, 'running');
    waiting.child.kill('SIGINT');
    const { code, err } = await waiting.ended;
    expect(code).toBe(130);
    const id = server.ledger.jobs[0]?.id ?? '';
    expect(err).toContain(`Stopped waiting. The job continues: show it with job ${id}, cancel it with cancel ${id}.`);

    // Its connection is known: nothing but the id has to be said.
    const running = await run(['job', id, '--format', 'json']);
    expect([running.code, json(running.out)['status']]).toEqual([0, 'running']);
    const listed = await run(['jobs', ...at()]);
    expect([listed.code, listed.out]).toEqual([0, expect.stringContaining(`${id}  running  prices  `)]);
    const cancelled = await run(['cancel', id]);
    expect([cancelled.code, cancelled.out]).toEqual([0, expect.stringContaining(`${id} cancelled`)]);
    const after = await run(['job', id, '--wait']);
    expect([after.code, after.out]).toEqual([1, expect.stringContaining(`${id} cancelled`)]);
    expect((await records())[0]).toMatchObject({ complete: true, job: { status: 'cancelled' } });
    expect(unfinished()).toEqual({ v: 1, connections: [], starts: [] });
  });

  it('list what an address has without making it a connection', async () => {
    await server.direct('POST', '/fine_tuning/jobs', {
      model: 'base-1',
      training_file: await uploaded(),
      suffix: 'other-tool',
    });
    const { code, out } = await run(['jobs', ...at(), '--format', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject([{ model: 'base-1', suffix: 'other-tool' }]);
    expect(await new ConnectionStore(data).list()).toHaveLength(1);
    expect(await records()).toEqual([]);
  });

  it('know nothing of this machine before anything was trained, and start nothing for it', async () => {
    expect(await run(['jobs'])).toMatchObject({ code: 0, out: 'Local has no jobs.\n' });
    expect(readdirSync(folder)).toEqual(['prices.train.jsonl']);
  });

  it.each([
    [['job'], 'ID, the id of the job, is missing.'],
    [['cancel', 'a', 'b'], 'so b is not understood'],
    [['jobs', 'ftjob-1'], 'the command job shows one job.'],
    [['jobs', '--format', 'xml'], 'xml is not a format; the formats are text and json.'],
  ])('%j cannot be done', async (args, text) => {
    const { code, err } = await run(args);
    expect([code, err]).toEqual([2, expect.stringContaining(text)]);
  });

  it('say that a job is not there', async () => {
    const { code, err } = await run(['job', 'ftjob-none', ...at()]);
    expect(code).toBe(2);
    expect(err).not.toBe('');
    expect((await run(['cancel', '../../etc/passwd', ...at()])).code).toBe(2);
  });

  async function uploaded(): Promise<string> {
    const form = new FormData();
    form.append('purpose', 'fine-tune');
    form.append('file', new Blob([rows(12)]), 'train.jsonl');
    const response = await fetch(`${server.baseUrl}/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.apiKey}` },
      body: form,
    });
    return ((await response.json()) as { id: string }).id;
  }
});

describe('tune on this machine', () => {
  it('trains with the server of the extension, free', { timeout: 60_000 }, async () => {
    try {
      writeFileSync('validation.jsonl', `${rows(3)}\n`);
      const early = ['--validation', 'validation.jsonl', '--stop-early'];
      const { code, out, err } = await start(tune('--suffix', 'mine', ...early, '--wait')).ended;
      expect([code, err]).toEqual([0, expect.stringContaining('Free: trained on this machine.')]);
      expect(out).toMatch(/^ftjob-\w+ succeeded · ft:local-linear-1:local:mine:/);
      expect((await records())[0]).toMatchObject({
        connectionId: 'local',
        complete: true,
        job: { metadata: EARLY_STOP_METADATA },
      });
      const listed = await run(['jobs']);
      expect(listed.out).toMatch(/^ftjob-\w+ {2}succeeded {2}mine/);
    } finally {
      const { pid } = json(readFileSync(path.join(data, 'local', 'server.json'), 'utf8')) as { pid: number };
      await endProcess(pid);
    }
  });
});
