import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/core/base/random.ts';
import { ENGLISH, speak } from '../../../src/core/base/messages.ts';
import type { ChatExample } from '../../../src/core/dataset/example.ts';
import { analysesIn } from '../../../src/extension/datasets/suspicious/analysisThread.ts';
import { answerOf, plantFlips, readExamples, withAnswer } from '../../support/plantedAnswers.ts';

const analyze = analysesIn(new URL('../../../src/worker/analysisWorker.ts', import.meta.url));
const topics = readExamples(path.join(import.meta.dirname, '../../../samples/workspace/topics.train.jsonl'));
const nothing = (): void => undefined;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-analysis-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, examples: readonly ChatExample[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, examples.map((example) => JSON.stringify(example)).join('\n'));
  return file;
}
const judge = (file: string, signal = new AbortController().signal, onProgress: (share: number) => void = nothing) =>
  analyze('suspiciousAnswers', file, signal, onProgress);

describe('the thread of an analysis', { timeout: 60_000 }, () => {
  it('names the planted answers first, the same ones every time, and tells how far it is', async () => {
    const { examples, planted } = plantFlips(topics, 0.05, 3);
    const file = write('planted.jsonl', examples);
    const shares: number[] = [];
    const report = await judge(file, undefined, (share) => shares.push(share));
    expect(report.rows).toHaveLength(100);
    expect(report.rows.slice(0, 3).every(({ line }) => planted.has(line - 1))).toBe(true);
    expect(shares.length).toBeGreaterThan(2);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect([Math.min(...shares) >= 0, Math.max(...shares) <= 1]).toEqual([true, true]);
    expect(await judge(file)).toEqual(report);
  });

  it('ends at once when it is canceled', async () => {
    const abort = new AbortController();
    const reason = new Error('Enough');
    const file = write('canceled.jsonl', topics);
    let told = 0;
    const judged = judge(file, abort.signal, () => {
      told += 1;
      abort.abort(reason);
    });
    await expect(judged).rejects.toBe(reason);
    await expect(judge(file, abort.signal)).rejects.toBe(reason);
    // While another one runs to its end, the first says no more than what was under way.
    let others = 0;
    await judge(file, undefined, () => (others += 1));
    expect(others).toBeGreaterThan(3);
    expect(told).toBeLessThan(3);
  });

  it('says that nothing can be said of long prose', async () => {
    const prose = topics.map((example, n) => withAnswer(example, `${String(n)} ${'a long text '.repeat(20)}`));
    await expect(judge(write('prose.jsonl', prose))).rejects.toMatchObject({
      problem: {
        code: 'nothing-suspicious-to-say',
        message: 'Nothing can be said of single answers: the answers are long or mostly distinct.',
      },
    });
  });

  it('says that nothing can be said of ten rows, and of shuffled answers', async () => {
    const code = 'nothing-suspicious-to-say';
    await expect(judge(write('ten.jsonl', topics.slice(0, 10)))).rejects.toMatchObject({ problem: { code } });
    const shuffled = createRandom(1).shuffle(topics.map(answerOf));
    const without = topics.map((example, n) => withAnswer(example, shuffled[n] ?? ''));
    await expect(judge(write('shuffled.jsonl', without))).rejects.toMatchObject({
      problem: {
        code,
        message: 'Nothing can be said of single answers: the prompts do not help to predict the answers.',
      },
    });
  });

  it('speaks the language of the window', async () => {
    const message = 'Nothing can be said of single answers: {0}.';
    speak({ locale: 'de', translations: { [message]: 'Nichts: {0}.' } });
    try {
      await expect(judge(write('language.jsonl', topics.slice(0, 10)))).rejects.toMatchObject({
        message: expect.stringMatching(/^Nichts: /) as string,
      });
    } finally {
      speak(ENGLISH);
    }
  });

  it('says what is wrong with a file that cannot be read', async () => {
    await expect(judge(path.join(folder, 'none.jsonl'))).rejects.toMatchObject({
      problem: { code: 'file-not-found', message: 'The file none.jsonl does not exist.' },
    });
  });

  it('that cannot run says so', async () => {
    const broken = analysesIn(new URL('no-such-worker.js', import.meta.url));
    const asked = broken('suspiciousAnswers', folder, new AbortController().signal, nothing);
    await expect(asked).rejects.toMatchObject({ problem: { code: 'worker-stopped' } });
  });
});
