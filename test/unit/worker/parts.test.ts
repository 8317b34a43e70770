import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLineSplitter } from '../../../src/core/jsonl/lines.ts';
import { o200k } from '../../../src/local/tokens.ts';
import { createCheck, createInspection, createTokenSum, type PartTask } from '../../../src/worker/accumulators.ts';
import { accumulate, readPart } from '../../../src/worker/parts.ts';
import { readLines } from '../../../src/worker/readLines.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tuning-fork-parts-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const chat = (system: string, question: string, answer: string): string =>
  JSON.stringify({
    messages: [
      ...(system === '' ? [] : [{ role: 'system', content: system }]),
      { role: 'user', content: question },
      { role: 'assistant', content: answer },
    ],
  });

const goodLine = fc
  .tuple(
    fc.constantFrom('', 'Be kind.', 'Be kind.', 'Be kind.', 'Be terse.'),
    fc.string({ maxLength: 30 }),
    fc.constantFrom('Price is $5', 'Price is $17.50', 'Yes', 'a long answer '.repeat(8), '{"a": 1}'),
  )
  .map(([system, question, answer]) => chat(system, `q ${question}`, answer));
const anyLine = fc.oneof(
  { weight: 8, arbitrary: goodLine },
  fc.constantFrom(
    '',
    '  ',
    '{"messages": [',
    '{"messages": []}',
    '[]',
    'null',
    '{"prompt": "a", "completion": "b"}',
    '{"instruction": "a", "output": "b"}',
    '{"input": {"messages": [{"role": "user", "content": "q"}]}, "preferred_output": [{"role": "assistant", "content": "a"}], "non_preferred_output": [{"role": "assistant", "content": "b"}]}',
    '{"a": 12345678901234567890}',
    chat('Be kind.', 'mail me: jane.doe@example.com', 'Price is $5'),
    'question,answer',
    "{'messages': []}",
  ),
);
const file = fc
  .tuple(
    fc.array(fc.tuple(anyLine, fc.constantFrom('\n', '\n', '\n', '\r\n')), { minLength: 1, maxLength: 60 }),
    fc.boolean(),
    fc.boolean(),
  )
  .map(([lines, mark, open]) => {
    const text = (mark ? '\ufeff' : '') + lines.map(([line, ending]) => line + ending).join('');
    return open ? text.replace(/\r?\n$/, '') : text;
  });

const settings = { forTraining: true, limit: 20, graderFields: null };
const counter = o200k();
const tasks = {
  check: { kind: 'check', options: settings },
  inspect: { kind: 'inspect', countTokens: true },
  tokens: { kind: 'tokens' },
} as const satisfies Record<string, PartTask>;

/** All figures, made in one reading. */
async function whole(path: string) {
  const signal = new AbortController().signal;
  const [check, inspection, sum] = [createCheck(settings, counter), createInspection(counter), createTokenSum(counter)];
  const { bytes, sha256 } = await readLines({ path }, { signal, onLine: (line) => inspection.line(line) });
  await readLines({ path }, { signal, onLine: (line) => check.line(line) });
  await readLines({ path }, { signal, onLine: (line) => sum.line(line) });
  return { check: check.result([]), inspection: inspection.result(bytes, sha256), sum: sum.result() };
}

/** Beginnings of lines, at most `count`, chosen by `seed`. */
function cuts(content: Buffer, count: number, seed: number): number[] {
  const starts = [...content.entries()].flatMap(([at, byte]) =>
    byte === 0x0a && at + 1 < content.length ? [at + 1] : [],
  );
  if (starts.length === 0) return [];
  const chosen = Array.from({ length: count }, (_, n) => starts[(seed + n * 7919) % starts.length] ?? 0);
  return [...new Set(chosen)].sort((a, b) => a - b);
}

describe('a file in parts', () => {
  it('comes to the same as the whole file, wherever it is parted', async () => {
    let parted = 0;
    await fc.assert(
      fc.asyncProperty(file, fc.integer({ min: 1, max: 4 }), fc.nat(1000), async (text, count, seed) => {
        const path = join(folder, 'any.jsonl');
        const content = Buffer.from(text);
        writeFileSync(path, content);
        const starts = cuts(content, count, seed);
        const [first = content.length] = starts;
        const made = {
          check: createCheck(settings, counter),
          inspect: createInspection(counter),
          tokens: createTokenSum(counter),
        };
        const splitter = createLineSplitter();
        for (const lines of [splitter.push(content.subarray(0, first)), splitter.end()])
          for (const line of lines) {
            made.check.line(line);
            made.inspect.line(line);
            made.tokens.line(line);
          }
        // Then it is read by one.
        if (made.check.undecided) return;
        if (!made.check.stopped)
          for (const [n, start] of starts.entries()) {
            const part = { path, start, end: starts[n + 1] ?? content.length };
            for (const [name, task] of Object.entries(tasks)) {
              // As it comes out of a thread.
              const state: unknown = structuredClone(readPart({ part, task }, () => counter));
              (made[name as keyof typeof made] as { join(state: unknown): void }).join(state);
            }
            parted += 1;
          }
        if (made.inspect.lost) return;
        const expected = await whole(path);
        expect(made.check.result([])).toEqual(expected.check);
        expect(made.inspect.result(expected.inspection.bytes, expected.inspection.sha256)).toEqual(expected.inspection);
        expect(made.tokens.result()).toEqual(expected.sum);
      }),
      { numRuns: 400 },
    );
    expect(parted).toBeGreaterThan(200);
  });

  it('comes to the same in threads', async () => {
    const path = join(folder, 'threads.jsonl');
    const lines = Array.from({ length: 3000 }, (_, n) =>
      n % 500 === 7 ? '{"messages": [' : chat('Be kind.', `question ${n}`, n === 2000 ? 'No idea.' : `Price is $${n}`),
    );
    writeFileSync(path, lines.join('\n'));
    const { signal } = new AbortController();
    const options = { signal, hashed: true, parts: 3, minPartBytes: 1000 };
    let linesHere = 0;
    const expected = await whole(path);
    const check = await accumulate(
      { path },
      tasks.check,
      () => {
        const made = createCheck(settings, counter);
        return {
          ...made,
          get stopped() {
            return made.stopped;
          },
          get undecided() {
            return made.undecided;
          },
          line: (line: Parameters<typeof made.line>[0]) => {
            linesHere += 1;
            return made.line(line);
          },
        };
      },
      options,
    );
    expect(check.accumulator.result([])).toEqual(expected.check);
    // Else it was not parted at all.
    expect(linesHere).toBeGreaterThan(900);
    expect(linesHere).toBeLessThan(1100);
    const inspection = await accumulate({ path }, tasks.inspect, () => createInspection(counter), options);
    const { bytes, sha256 } = inspection.read;
    expect(inspection.accumulator.result(bytes, sha256)).toEqual(expected.inspection);
    const sum = await accumulate({ path }, tasks.tokens, () => createTokenSum(counter), options);
    expect(sum.accumulator.result()).toEqual(expected.sum);
  });

  it('is read by one when its beginning does not say what it is', async () => {
    const path = join(folder, 'doubtful.jsonl');
    writeFileSync(path, `\n\n"question","answer"\n`);
    appendFileSync(path, 'a,b\n'.repeat(2000));
    const { signal } = new AbortController();
    const { accumulator } = await accumulate({ path }, tasks.check, () => createCheck(settings, counter), {
      signal,
      hashed: false,
      parts: 2,
      minPartBytes: 1000,
    });
    expect(accumulator.result([])).toEqual((await whole(path)).check);
  });

  it('can be cancelled', async () => {
    const path = join(folder, 'cancelled.jsonl');
    writeFileSync(path, `${chat('', 'q', 'a')}\n`.repeat(5000));
    const controller = new AbortController();
    const reading = accumulate({ path }, tasks.tokens, () => createTokenSum(counter), {
      signal: controller.signal,
      hashed: false,
      parts: 2,
      minPartBytes: 1000,
    });
    controller.abort();
    await expect(reading).rejects.toThrow(/abort/i);
  });
});
