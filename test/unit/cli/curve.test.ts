import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run as command } from '../../../src/cli/run.ts';
import { drawFrom } from '../../support/statistics/curves.ts';
import { createFaultServer, type LocalFaultServer } from '../../support/faultServer.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'curve-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
async function curve(...args: readonly string[]): Promise<Ended> {
  const written = { out: '', err: '' };
  const spies = (['out', 'err'] as const).map((name) =>
    vi.spyOn(name === 'out' ? process.stdout : process.stderr, 'write').mockImplementation((text) => {
      written[name] += text.toString();
      return true;
    }),
  );
  try {
    return { code: await command(['curve', ...args]), ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
async function entries(...args: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return JSON.parse((await curve(...args, '--format', 'json')).out) as readonly Readonly<Record<string, unknown>>[];
}
function write(name: string, content: string | Uint8Array): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** A result file whose training loss falls until step 300 of 500; the full validation is better until the third of six epochs. */
function resultFile(): string {
  const { normal } = drawFrom(5);
  const full = new Map([1.1, 0.95, 0.9, 0.97, 1.08, 1.2].map((value, i) => [80 * (i + 1), value]));
  const rows = Array.from({ length: 500 }, (_, i) => {
    const loss = 1 + Math.max(0, 300 - i) / 300 + 0.1 * normal();
    return `${String(i + 1)},${loss.toFixed(4)},${(1 / (1 + loss)).toFixed(4)},${String(full.get(i + 1) ?? '')}`;
  });
  return ['step,train_loss,train_accuracy,full_valid_loss', ...rows].join('\n');
}

describe('curve on the command line', () => {
  it('says a sentence a series, with the name of the file', async () => {
    const file = write('result.csv', resultFile());
    const { code, err, out } = await curve(file);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toMatch(
      /result\.csv, train_loss: Clearly flat since step \d+ \(between \d+ and \d+\)\. 95% of the fall was done by then\.$/,
    );
    expect(lines[1]).toContain('train_accuracy: Clearly flat since step');
    expect(lines[1]).toContain('95% of the rise was done by then.');
    expect(lines[2]).toMatch(
      /full_valid_loss: Getting worse since step 240 \(overfitting\)\. 95% of the fall was done by step 240\.$/,
    );
    expect(lines).toHaveLength(3);
  });

  it('prints an entry a series as JSON, files in the order given', async () => {
    const [first, second] = [write('b.csv', resultFile()), write('a.csv', 'step,loss\n1,3\n2,2\n')];
    const found = await entries(first, second);
    expect(found.map(({ file, series }) => [file, series])).toEqual([
      [first, 'train_loss'],
      [first, 'train_accuracy'],
      [first, 'full_valid_loss'],
      [second, 'loss'],
    ]);
    expect(Object.keys(found[0] ?? {})).toEqual([
      'file',
      'series',
      'points',
      'verdict',
      'clearly',
      'since',
      'between',
      'bound',
      'best',
      'sentence',
    ]);
    expect(found[0]).toMatchObject({ points: 500, verdict: 'flat', clearly: true, bound: null, best: null });
    expect(Math.abs(Number(found[0]?.['since']) - 285)).toBeLessThan(50);
    expect(found[2]).toMatchObject({
      points: 6,
      verdict: 'worse',
      clearly: false,
      since: 240,
      between: null,
      bound: null,
      best: { step: 240, value: 0.9 },
    });
    expect(found[3]).toMatchObject({
      points: 2,
      verdict: 'few-points',
      since: null,
      best: null,
      sentence: '2 values are too few to say; the lowest is 2.00 at step 2.',
    });
  });

  it('reads trainer_state.json, and tells which series have no better direction', async () => {
    const log = Array.from({ length: 40 }, (_, i) => ({ step: 10 * (i + 1), loss: 1, learning_rate: 0.1, epoch: i }));
    const file = write('trainer_state.json', JSON.stringify({ log_history: log, num_train_epochs: 1 }));
    const { code, err, out } = await curve(file);
    expect(code).toBe(0);
    expect(out).toBe(
      `${file}, loss: Flat: any change is below 1%. As fresh as test data: with one epoch, training loss is as telling as validation loss.\n`,
    );
    expect(err).toBe(`${file}: no verdict on 1 series that has no better direction: learning_rate.\n`);
  });

  it('tells what it could not read of a file', async () => {
    const file = write('a.csv', 'step,loss\n1,2\n2,bad\nx,1\n');
    const { code, err } = await curve(file);
    expect(code).toBe(0);
    expect(err).toBe(`${file}: 2 places could not be read; the first is in line 3: “bad” in loss is no number.\n`);
  });

  it.each([
    ['empty.csv', '', 'is empty.'],
    ['prose.txt', 'Hello', 'is no curve: it has no steps with numbers.'],
    ['picture.png', Uint8Array.of(0x89, 0x50, 0, 0xff), 'holds binary data and no curve.'],
  ])('refuses %s in one sentence with one action, and reads the others', async (name, content, sentence) => {
    const [bad, good] = [write(name, content), write('good.csv', 'step,loss\n1,2\n')];
    const { code, err, out } = await curve(bad, good, '--format', 'json');
    expect(code).toBe(2);
    expect(err).toBe(
      `${bad} ${sentence} Choose a result file (CSV), a trainer_state.json or a CSV export of Weights & Biases.\n`,
    );
    expect(JSON.parse(out)).toMatchObject([{ file: good }]);
  });

  it('refuses a missing file, a folder and options that it does not know', async () => {
    const missing = path.join(folder, 'none.csv');
    expect(await curve(missing)).toEqual({ code: 2, out: '', err: `${missing} does not exist. Check the path.\n` });
    expect(await curve(folder)).toEqual({ code: 2, out: '', err: `${folder} is a folder. Check the path.\n` });
    expect(await curve()).toEqual({ code: 2, out: '', err: 'FILE is missing. See --help.\n' });
    expect((await curve('a', '--format', 'xml')).err).toContain('xml is not a format');
    expect((await curve('a', '--connection', 'local')).err).toBe('--connection needs --job. See --help.\n');
    expect((await curve('a', '--job', 'b')).err).toBe(
      'curve takes files or --job, so a is not understood. See --help.\n',
    );
  });
});

describe('curve --job', () => {
  let server: LocalFaultServer;
  beforeEach(async () => {
    server = await createFaultServer();
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.close();
  });

  it('judges the curves that a job reported, and takes the options of job', async () => {
    vi.stubEnv('TUNING_FORK_API_KEY', server.apiKey);
    const training = write(
      'prices.train.jsonl',
      Array.from({ length: 12 }, (_, n) => `${JSON.stringify({ messages: pair(n) })}\n`).join(''),
    );
    const place = ['--base-url', server.baseUrl, '--data-dir', path.join(folder, 'data')];
    const tuned = { out: '' };
    const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      tuned.out += text.toString();
      return true;
    });
    try {
      await command(['tune', training, '--model', 'local-linear-1', '--wait', '--format', 'json', ...place]);
    } finally {
      spy.mockRestore();
    }
    const { id } = JSON.parse(tuned.out) as { id: string };
    const found = await entries('--job', id, ...place);
    expect(found.map(({ series }) => series)).toContain('train_loss');
    for (const entry of found) expect(entry).toMatchObject({ file: id, sentence: expect.any(String) as string });
    const unknown = await curve('--job', 'ftjob-none', ...place);
    expect(unknown.code).toBe(2);
    expect(unknown.out).toBe('');
  });
});

function pair(n: number): readonly Readonly<Record<string, string>>[] {
  return [
    { role: 'user', content: `What does thing ${String(n)} cost?` },
    { role: 'assistant', content: `Price is $${String(n)}.00` },
  ];
}
