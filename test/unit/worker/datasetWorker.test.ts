import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileProblem } from '../../../src/worker/problem.ts';
import { createDatasetService } from '../../../src/worker/datasetService.ts';
import { DatasetWorkerClient } from '../../../src/extension/datasets/workerClient.ts';
import { cpuMs } from '../../support/cpuTime.ts';

const dataDir = process.env['TUNING_FORK_DATA_DIR'];
const client = new DatasetWorkerClient(new URL('../../../src/worker/datasetWorker.ts', import.meta.url));
afterAll(() => client.dispose());

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tuning-fork-worker-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const line = (question: string, answer: string): string =>
  JSON.stringify({
    messages: [
      { role: 'user', content: `How much?\n${question}` },
      { role: 'assistant', content: answer },
    ],
  });
const prices = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => line(`thing ${String(n)}`, `Price is $${String(n + 10)}.50`));

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** The code of the problem that a call ends in. */
async function problemOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    expect(error).toHaveProperty('message', expect.stringMatching(/^\S.*\.$/));
    expect(error).toHaveProperty('action', expect.stringMatching(/^[A-Z].*\.$/));
    return (error as { code: string }).code;
  }
  return 'none';
}

describe('inspecting a dataset', () => {
  it('gives its size, hash, tokens, findings and answers', async () => {
    const content = prices(12).join('\n');
    const path = write('a.jsonl', content);
    const summary = await client.inspect({ path }, { countTokens: true });
    expect(summary).toMatchObject({
      examples: 12,
      bytes: Buffer.byteLength(content),
      sha256: createHash('sha256').update(content).digest('hex'),
      tokensEstimated: false,
      findings: [],
      findingCount: 0,
      errorCount: 0,
      answers: { count: 12, numericShare: 1, medianNumber: 16, commonPrefix: 'Price is $', proposedGrader: 'number' },
    });
    expect(summary.tokens).toBeGreaterThan(12 * 12);
  });

  it('counts the rows for a grader that have a system message', async () => {
    const row = (n: number, first: string): string =>
      JSON.stringify({
        messages: [
          { role: first, content: 'system' },
          { role: 'user', content: String(n) },
        ],
        answer: String(n),
      });
    const rows = Array.from({ length: 12 }, (_, n) => row(n, n < 5 ? 'system' : n < 8 ? 'developer' : 'user'));
    const graded = await client.inspect({ path: write('r.jsonl', rows.join('\n')) }, { countTokens: false });
    expect(graded.systemRows).toBe(5);
    const chats = prices(12).map((text) => text.replace('[', '[{"role":"system","content":"x"},'));
    const chat = await client.inspect({ path: write('c.jsonl', chats.join('\n')) }, { countTokens: false });
    expect(chat.systemRows).toBe(0);
  });

  it('counts what other kinds are trained with: pairs with either answer, prompts of rows for a grader', async () => {
    const question = (n: number): object => ({ role: 'user', content: `What does thing ${String(n)} cost?` });
    const answer = (text: string): object => ({ role: 'assistant', content: text });
    const rows = Array.from({ length: 12 }, (_, n) => ({
      input: { messages: [question(n)] },
      preferred_output: [answer(`It costs ${String(n)} dollars.`)],
      non_preferred_output: [answer('No idea.')],
    }));
    const asJson = (values: readonly object[]): string => values.map((value) => JSON.stringify(value)).join('\n');
    const pairs = await client.inspect({ path: write('p.jsonl', asJson(rows)) }, { countTokens: true });
    const either = rows.flatMap(({ input, preferred_output: good, non_preferred_output: bad }) => [
      { messages: [...input.messages, ...good] },
      { messages: [...input.messages, ...bad] },
    ]);
    const chat = await client.inspect({ path: write('c.jsonl', asJson(either)) }, { countTokens: true });
    expect([pairs.tokens, pairs.tokensEstimated, pairs.examples]).toEqual([chat.tokens, true, 12]);
    expect(await client.countTokens({ path: write('p.jsonl', asJson(rows)) })).toMatchObject({ tokens: chat.tokens });
    const graded = rows.map(({ input }, n) => ({ ...input, reference: n }));
    const prompts = await client.inspect({ path: write('g.jsonl', asJson(graded)) }, { countTokens: true });
    expect(prompts.tokens).toBeGreaterThan(12 * 10);
    expect(prompts.tokens).toBeLessThan(chat.tokens ?? 0);
  });

  it('of an open document gives what the same file would', async () => {
    const text = `\uFEFF${prices(12).join('\r\n')}\r\nnot json é😀`;
    const path = write('a.jsonl', text);
    expect(await client.inspect({ name: 'Untitled-1', text }, { countTokens: true })).toEqual(
      await client.inspect({ path }, { countTokens: true }),
    );
  });

  it('names line 17 and does not count tokens of half a file', async () => {
    const path = write('a.jsonl', [...prices(16), '{"messages": [}', ...prices(3)].join('\n'));
    const summary = await client.inspect({ path }, { countTokens: true });
    expect(summary.findings.map(({ line: at, code, column }) => [at, code, column])).toEqual([[17, 'json-syntax', 15]]);
    expect(summary.tokens).toBeNull();
    expect(summary.examples).toBe(20);
  });

  it('still counts the tokens of a file that is only too short', async () => {
    const summary = await client.inspect({ path: write('a.jsonl', prices(3).join('\n')) }, { countTokens: true });
    expect(summary).toMatchObject({ errorCount: 1, findings: [{ code: 'too-few-examples' }] });
    expect(summary.tokens).not.toBeNull();
  });

  it('sends at most 1,000 findings, and those of the whole file first', async () => {
    const path = write('a.jsonl', `${'x\n'.repeat(1500)}\n{"a": 1}\n`);
    const summary = await client.inspect({ path }, { countTokens: false });
    expect(summary.findings).toHaveLength(1000);
    expect(summary.findings[0]?.code).toBe('blank-line');
    expect(summary.findingCount).toBe(1502);
    expect(summary.errorCount).toBe(1501);
    expect(summary.tokens).toBeNull();
  });

  it.skipIf(dataDir === undefined)('gives the billed tokens of the real file', async () => {
    const summary = await client.inspect(
      { path: join(dataDir ?? '', 'lesson/students/mrpeski_gdpr_train.jsonl') },
      { countTokens: true },
    );
    expect(summary).toMatchObject({ tokens: 46_018, examples: 55, errorCount: 0 });
  });
});

describe('a source that cannot be read', () => {
  it('is named with what to do', async () => {
    mkdirSync(join(folder, 'dir.jsonl'));
    const cases: [string, string][] = [
      [join(folder, 'gone.jsonl'), 'file-not-found'],
      [join(folder, 'dir.jsonl', 'gone', 'x.jsonl'), 'file-not-found'],
      [join(folder, 'dir.jsonl'), 'is-a-folder'],
    ];
    if (process.platform === 'linux') cases.push(['/dev/zero', 'not-a-file']);
    for (const [path, code] of cases) {
      expect(await problemOf(client.inspect({ path }, { countTokens: false }))).toBe(code);
      expect(await problemOf(client.rows({ path }, 0, 10))).toBe(code);
      expect(await problemOf(client.testItems(path, null))).toBe(code);
      expect(
        await problemOf(
          client.split(
            path,
            { train: join(folder, 't'), validation: join(folder, 'v') },
            { validationShare: 0.2, seed: 1 },
          ),
        ),
      ).toBe(code);
    }
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('may lack the right to be read', async () => {
    const path = write('secret.jsonl', 'x');
    chmodSync(path, 0);
    expect(await problemOf(client.inspect({ path }, { countTokens: false }))).toBe('no-permission');
  });
});

describe('a failure of the file system', () => {
  it.each([
    ['ENOENT', 'read', 'file-not-found'],
    ['ENOENT', 'write', 'folder-not-found'],
    ['EACCES', 'read', 'no-permission'],
    ['EPERM', 'write', 'no-permission'],
    ['EROFS', 'write', 'no-permission'],
    ['ENOSPC', 'write', 'disk-full'],
    ['EIO', 'read', 'cannot-read'],
    ['EBUSY', 'write', 'cannot-write'],
    ['', 'read', 'cannot-read'],
  ] as const)('%s on %s is one sentence and one action', (code, doing, expected) => {
    const { problem } = fileProblem(Object.assign(new Error('x'), { code }), 'a.jsonl', doing);
    expect(problem.code).toBe(expected);
    expect(problem.message).toMatch(/^[^.]*a\.jsonl[^.]*\.$/);
    expect(problem.action).toMatch(/^[A-Z].*\.$/);
  });
});

describe('rows to pick from', () => {
  it('come with line, title, prompt and answer, from an offset', async () => {
    const path = write('a.jsonl', ['broken', '', ...prices(12)].join('\n'));
    const rows = await client.rows({ path }, 2, 3);
    expect(rows.map(({ line: at, title, answer }) => [at, title, answer])).toEqual([
      [5, 'thing 2', 'Price is $12.50'],
      [6, 'thing 3', 'Price is $13.50'],
      [7, 'thing 4', 'Price is $14.50'],
    ]);
    expect(rows[0]?.messages).toEqual([{ role: 'user', content: 'How much?\nthing 2' }]);
    expect(await client.rows({ path }, 100, 3)).toEqual([]);
  });

  it('of a file without any say why', async () => {
    expect(await problemOf(client.rows({ path: write('a.jsonl', '{"messages": 5}\n') }, 0, 3))).toBe('no-messages');
    expect(await problemOf(client.rows({ path: write('b.jsonl', '') }, 0, 3))).toBe('empty-file');
  });
});

describe('test items', () => {
  it('hold back the answer and keep the prefix', async () => {
    const { items, sha256 } = await client.testItems(write('a.jsonl', prices(3).join('\n')), 'Price is $');
    expect(sha256).toHaveLength(64);
    expect(items).toHaveLength(3);
    expect(items[1]).toEqual({
      index: 1,
      line: 2,
      title: 'thing 1',
      truth: 'Price is $11.50',
      messages: [
        { role: 'user', content: 'How much?\nthing 1' },
        { role: 'assistant', content: 'Price is $' },
      ],
    });
  });

  it('are refused, with the line, when a row is broken: none is left out silently', async () => {
    const call = client.testItems(write('a.jsonl', [...prices(3), '{"messages": []}'].join('\n')), null);
    await expect(call).rejects.toMatchObject({
      code: 'no-messages',
      message: 'Line 4: The list of messages is empty.',
    });
    expect(await problemOf(client.testItems(write('b.jsonl', '\n'), null))).toBe('empty-file');
  });
});

describe('the free floors of an evaluation', () => {
  const options = { grader: 'number', truthPrefix: 'Price is $', decimalMark: 'point', listed: [] } as const;

  it('come from the training file, else from the test answers', async () => {
    const test = write('t.jsonl', prices(4).join('\n'));
    const training = write('a.jsonl', prices(9).join('\n'));
    const known = await client.floors(test, training, options);
    expect(known).toMatchObject({
      constant: { constantSource: 'median of 9 training answers' },
      nearest: { answers: ['Price is $10.50', 'Price is $11.50', 'Price is $12.50', 'Price is $13.50'] },
      bagOfWords: { kind: 'constant' },
    });
    expect(await client.floors(test, null, options)).toEqual({
      constant: {
        kind: 'constant',
        label: 'constant median',
        constant: '12',
        constantSource: 'median of 4 test answers',
      },
    });
  });

  it('name the line of a broken training file, and can be ended', async () => {
    const test = write('t.jsonl', prices(4).join('\n'));
    const broken = write('a.jsonl', [...prices(3), '{"messages": []}'].join('\n'));
    await expect(client.floors(test, broken, options)).rejects.toMatchObject({
      message: 'Line 4 of a.jsonl: The list of messages is empty.',
    });
    const abort = new AbortController();
    const call = client.floors(test, write('b.jsonl', prices(5000).join('\n')), options, abort.signal);
    abort.abort();
    await expect(call).rejects.toHaveProperty('name', 'AbortError');
    expect(await client.floors(test, null, options)).toHaveProperty('constant');
  });
});

describe('a file with more problems than are sent', () => {
  it('is told by its error, although thousands of warnings come before it', async () => {
    const warned = JSON.stringify({
      messages: [
        { role: 'user', content: 'q', extra: 1 },
        { role: 'assistant', content: 'a' },
      ],
    });
    const path = write('a.jsonl', [...Array.from({ length: 1500 }, () => warned), '{"messages": []}'].join('\n'));
    const summary = await client.inspect({ path }, { countTokens: false });
    expect(summary.findings.filter(({ severity }) => severity === 'error').map(({ line: at }) => at)).toEqual([1501]);
    expect(summary.findings).toHaveLength(1000);
    expect([summary.errorCount, summary.findingCount]).toEqual([1, 1501]);
    // What concerns the whole file is said first, and the rest in the order of the lines.
    const short = await client.inspect(
      { name: 'b.jsonl', text: `${warned}\n{"messages": []}` },
      { countTokens: false },
    );
    expect(short.findings.map(({ line: at }) => at)).toEqual([0, 1, 2]);
  });
});

describe('splitting a file', () => {
  const options = { validationShare: 0.2, seed: 7 };
  const target = () => ({ train: join(folder, 'a.train.jsonl'), validation: join(folder, 'a.validation.jsonl') });
  const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);

  it('puts every line into exactly one part, byte for byte, equal prompts together', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(8), fc.nat(3)), { minLength: 4, maxLength: 40 }),
        fc.boolean(),
        async (rows, crlf) => {
          fc.pre(new Set(rows.map(([question]) => question)).size >= 2);
          // Python's spelling, which JSON.stringify would not give back.
          const all = rows.map(
            ([question, answer]) =>
              `{"messages": [{"role": "user", "content": "q\\u00e9 ${String(question)}"}, {"role": "assistant", "content": "${String(answer)}"}]}`,
          );
          const path = write('a.jsonl', all.join(crlf ? '\r\n' : '\n'));
          const counts = await client.split(path, target(), options);
          const [train, validation] = [linesOf(target().train), linesOf(target().validation)];
          expect([train.length, validation.length]).toEqual([counts.train, counts.validation]);
          expect([...train, ...validation].sort()).toEqual([...all].sort());
          const questions = (part: string[]): Set<unknown> =>
            new Set(part.map((text) => (JSON.parse(text) as { messages: { content: string }[] }).messages[0]?.content));
          expect([...questions(train)].filter((question) => questions(validation).has(question))).toEqual([]);
          expect(validation.length).toBeGreaterThan(0);
          expect(train.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('is the same again with the same seed, and leaves nothing else behind', async () => {
    const path = write('a.jsonl', `\uFEFF${prices(50).join('\n')}\n\n`);
    await client.split(path, target(), options);
    const first = [readFileSync(target().train, 'utf8'), readFileSync(target().validation, 'utf8')];
    expect(first.join('')).not.toContain('\uFEFF');
    expect(await client.split(path, target(), options)).toEqual({ train: 40, validation: 10 });
    // The bytes that were checked, and no others.
    const { sha256 } = await client.inspect({ path }, { countTokens: false });
    expect(await client.split(path, target(), { ...options, sha256 })).toEqual({ train: 40, validation: 10 });
    const before = readFileSync(target().train, 'utf8');
    writeFileSync(path, '\n', { flag: 'a' });
    expect(await problemOf(client.split(path, target(), { ...options, sha256 }))).toBe('dataset-changed');
    expect(readFileSync(target().train, 'utf8')).toBe(before);
    expect([readFileSync(target().train, 'utf8'), readFileSync(target().validation, 'utf8')]).toEqual(first);
    expect(readdirSync(folder).sort()).toEqual(['a.jsonl', 'a.train.jsonl', 'a.validation.jsonl']);
  });

  it('writes both or neither: what stood there before stays when the second cannot be written', async () => {
    const path = write('a.jsonl', prices(50).join('\n'));
    write('a.train.jsonl', 'old');
    expect(
      await problemOf(
        client.split(path, { ...target(), validation: join(folder, 'no', 'such', 'folder.jsonl') }, options),
      ),
    ).toBe('folder-not-found');
    expect(readFileSync(target().train, 'utf8')).toBe('old');
    expect(readdirSync(folder).sort()).toEqual(['a.jsonl', 'a.train.jsonl']);
  });

  it('takes back the first part when the second one cannot be put in place', async () => {
    const path = write('a.jsonl', prices(50).join('\n'));
    mkdirSync(target().validation);
    writeFileSync(join(target().validation, 'mine.txt'), 'mine');
    expect(await problemOf(client.split(path, target(), options))).toBe('is-a-folder');
    expect(readdirSync(folder).sort()).toEqual(['a.jsonl', 'a.validation.jsonl']);
    write('a.train.jsonl', 'old');
    expect(await problemOf(client.split(path, target(), options))).toBe('is-a-folder');
    expect(readFileSync(target().train, 'utf8')).toBe('old');
    expect(readdirSync(folder).sort()).toEqual(['a.jsonl', 'a.train.jsonl', 'a.validation.jsonl']);
    expect(readdirSync(target().validation)).toEqual(['mine.txt']);
  });

  it('refuses what cannot be split', async () => {
    const path = write('a.jsonl', prices(50).join('\n'));
    expect(await problemOf(client.split(path, { train: path, validation: target().validation }, options))).toBe(
      'same-file',
    );
    expect(await problemOf(client.split(path, { train: target().train, validation: target().train }, options))).toBe(
      'same-file',
    );
    expect(
      await problemOf(client.split(write('b.jsonl', `${line('q', '1')}\n${line('q', '2')}`), target(), options)),
    ).toBe('cannot-split');
    expect(await problemOf(client.split(write('c.jsonl', ''), target(), options))).toBe('empty-file');
    expect(await problemOf(client.split(write('d.jsonl', `[${prices(5).join(',')}]`), target(), options))).toBe(
      'json-array',
    );
    expect(readdirSync(folder).sort()).toEqual(['a.jsonl', 'b.jsonl', 'c.jsonl', 'd.jsonl']);
  });
});

describe('the thread', () => {
  it('stops working when a call is aborted, and answers the next one', async () => {
    const path = write('big.jsonl', `${prices(200).join('\n')}\n`.repeat(1000));
    const controller = new AbortController();
    const call = client.inspect({ path }, { countTokens: true }, controller.signal);
    controller.abort();
    await expect(call).rejects.toBe(controller.signal.reason);
    const start = cpuMs();
    expect(await client.rows({ path }, 0, 1)).toHaveLength(1);
    // All of it would take some five seconds of work.
    expect(cpuMs() - start).toBeLessThan(2500);
  });

  it('gives up a file in the middle of it', async () => {
    const text = `${prices(2000).join('\n')}\n`.repeat(20);
    const path = write('big.jsonl', text);
    for (const source of [{ path }, { name: 'Untitled-1', text }]) {
      const controller = new AbortController();
      let counted = 0;
      const service = createDatasetService(() => ({
        count: () => {
          counted += 1;
          if (counted === 1000) controller.abort();
          return { tokens: 1, estimated: false };
        },
        reset: () => undefined,
      }));
      await expect(service.inspect([source, { countTokens: true }], controller.signal)).rejects.toHaveProperty(
        'name',
        'AbortError',
      );
      // Three counts a line: what was left of the piece in hand, far from all 40,000 lines.
      expect(counted).toBeLessThan(60_000);
    }
  });

  it('is not even asked when the signal was aborted before', async () => {
    await expect(client.rows({ path: folder }, 0, 1, AbortSignal.abort())).rejects.toHaveProperty('name', 'AbortError');
  });

  it('answers while another call is under way', async () => {
    const path = write('big.jsonl', `${prices(200).join('\n')}\n`.repeat(300));
    const order: string[] = [];
    const long = client.inspect({ path }, { countTokens: true }).then(() => order.push('long'));
    await client.rows({ path }, 0, 1).then(() => order.push('short'));
    await long;
    expect(order).toEqual(['short', 'long']);
  });

  it('is told which call was aborted', async () => {
    const script = write(
      'listening.mjs',
      `import { parentPort } from 'node:worker_threads';
       const waiting = new Map();
       parentPort.on('message', (message) => {
         if (message.method === 'rows') waiting.set(message.id, message);
         // The second question tells which first one was cancelled.
         else if ('cancel' in message) waiting.set('cancelled', message.cancel);
         else parentPort.postMessage({ id: message.id, ok: true, value: [...waiting.keys()].join(), });
       });`,
    );
    const listening = new DatasetWorkerClient(script);
    const controller = new AbortController();
    const rows = listening.rows({ path: 'x' }, 0, 1, controller.signal);
    controller.abort();
    await expect(rows).rejects.toHaveProperty('name', 'AbortError');
    expect(await listening.testItems('x', null)).toBe('1,cancelled');
    await listening.dispose();
  });

  it('is started again after it has died; what was under way is rejected', async () => {
    const script = write(
      'dying.mjs',
      `import { parentPort } from 'node:worker_threads';
       import { existsSync, writeFileSync } from 'node:fs';
       const mark = ${JSON.stringify(join(folder, 'mark'))};
       parentPort.on('message', ({ id }) => {
         if (existsSync(mark)) parentPort.postMessage({ id, ok: true, value: ['alive'] });
         else { writeFileSync(mark, ''); throw new Error('boom'); }
       });`,
    );
    const fragile = new DatasetWorkerClient(script);
    const [first, second] = [fragile.rows({ path: 'x' }, 0, 1), fragile.rows({ path: 'x' }, 0, 1)];
    expect(await problemOf(first)).toBe('worker-stopped');
    expect(await problemOf(second)).toBe('worker-stopped');
    expect(await fragile.rows({ path: 'x' }, 0, 1)).toEqual(['alive']);
    await fragile.dispose();
    expect(await problemOf(fragile.rows({ path: 'x' }, 0, 1))).toBe('worker-stopped');
  });

  it('that cannot even start is a problem with words, not a hang', async () => {
    const missing = new DatasetWorkerClient(join(folder, 'missing.js'));
    expect(await problemOf(missing.rows({ path: 'x' }, 0, 1))).toBe('worker-stopped');
    await missing.dispose();
  });
});

describe('nearest training examples', () => {
  it('are those that share the rarest words, with their lines; the file is read again when it changes', async () => {
    const path = write(
      'train.jsonl',
      [
        line('red lamp', 'Price is $10'),
        '',
        line('green lamp', 'Price is $20'),
        line('steel bridge', 'Price is $99'),
      ].join('\n'),
    );
    const found = await client.neighbors(path, 'How much?\na green lamp', 2);
    expect(found.map(({ line: at, answer }) => [at, answer])).toEqual([
      [3, 'Price is $20'],
      [1, 'Price is $10'],
    ]);
    expect(found[0]?.similarity).toBeGreaterThan(0.7);
    expect(found[0]?.question).toBe('How much?\ngreen lamp');
    write('train.jsonl', [line('green lamp again', 'Price is $7')].join('\n'));
    const [only] = await client.neighbors(path, 'How much?\na green lamp', 2);
    expect(only?.answer).toBe('Price is $7');
    expect(await problemOf(client.neighbors(join(folder, 'none.jsonl'), 'x', 2))).toBe('file-not-found');
  });
});
