// Run as one file that other people can check: configuration, requests, answers, grades, figures and sentences, without keys and
// absolute paths. Each line ends with the hash of itself and all lines before it. That proves that the file is consistent, not where it
// comes from: a changed line can be given new hashes.
import { createHash } from 'node:crypto';
import { t } from '../core/base/messages.ts';
import { fail, ok, type Problem, type Result } from '../core/base/result.ts';
import { judgeRun } from '../core/evaluation/comparison/runJudgment.ts';
import type { Judgment } from '../core/evaluation/comparison/judge.ts';
import { gradeWith, isGradable, type Match } from '../core/evaluation/graders/grade.ts';
import { joinSamples } from '../core/evaluation/samples.ts';
import type { RowResult, RunConfig, RunStatus, TestItem } from '../core/evaluation/types.ts';
import type { Looks } from '../core/evaluation/comparison/plannedLooks.ts';
import type { Look } from '../core/statistics/earlyStop.ts';
import { lookAgain } from './earlyStopping.ts';
import { parseRecord } from './record.ts';
import { truthParams } from './truthParams.ts';

export interface PortableRun {
  readonly config: RunConfig;
  readonly items: readonly TestItem[];
  readonly rows: readonly RowResult[];
  readonly status: RunStatus;
  /** Looks of a run that may stop early. */
  readonly looks: Looks;
}

/** Digits to which a figure must come out again. */
const DIGITS = 12;

/**
 * Lines of the file, each with its line feed.
 * @param judgment of the run, when it was judged before
 */
export function* portableLines(
  { config, items, rows, status, looks }: PortableRun,
  judgment: Judgment = judgeRun(config, items, rows, { looks }),
): Generator<string> {
  const chain = new Chain();
  yield chain.add({ k: 'run', v: 1, config: withoutPlaces(config) });
  for (const item of items) yield chain.add({ k: 'item', item });
  for (const row of rows) yield chain.add({ k: 'row', row });
  for (const [contestant, made] of looks) for (const look of made) yield chain.add({ k: 'look', contestant, look });
  yield chain.add({ k: 'result', status, judgment: finite(judgment) });
  yield chain.add({ k: 'end', lines: chain.lines + 1 });
}

class Chain {
  lines = 0;
  #hash = '';

  add(record: object): string {
    const body = JSON.stringify(record).slice(0, -1);
    this.#hash = hashOf(this.#hash, body);
    this.lines += 1;
    return `${body},"h":"${this.#hash}"}\n`;
  }

  /** Returns the record of a line, null when the line is not what was written. */
  check(line: string): unknown {
    const found = /^(.*),"h":"([0-9a-f]{64})"\}$/s.exec(line);
    const [, body, hash] = found ?? [];
    if (body === undefined || hash === undefined) return null;
    this.#hash = hashOf(this.#hash, body);
    this.lines += 1;
    if (this.#hash !== hash) return null;
    try {
      return JSON.parse(`${body}}`) as unknown;
    } catch {
      return null;
    }
  }
}

function hashOf(before: string, body: string): string {
  return createHash('sha256').update(before).update('\n').update(body).digest('hex');
}

/** Configuration without folders of this machine and ids of its connections and jobs. */
function withoutPlaces(config: RunConfig): RunConfig {
  const { testFile, contestants } = config;
  return {
    ...without(config, 'jobId', 'trainingFile'),
    testFile: { ...testFile, path: testFile.path.replace(/^.*[\\/]/, '') },
    contestants: contestants.map((contestant) => without(contestant, 'connectionId')),
  };
}

function without<T extends object, Key extends keyof T>(value: T, ...keys: readonly Key[]): Omit<T, Key> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key as Key))) as Omit<T, Key>;
}

/** JSON has no infinite numbers: an open end of an interval is null. */
function finite(judgment: Judgment): unknown {
  return JSON.parse(JSON.stringify(judgment)) as unknown;
}

export interface Verified {
  readonly run: PortableRun;
  readonly judgment: Judgment;
}

/**
 * Checks a run file: every hash, every grade from its reply, every figure and interval to 12 digits, and every sentence as its code and
 * parameters. The problem names the first line that was changed. `match` looks for the patterns of the regular-expression grader.
 */
export async function verifyRun(text: string, match: Match): Promise<Result<Verified>> {
  const lines = text.split('\n');
  if (lines.pop() !== '') return fail(changed(lines.length + 1));
  const chain = new Chain();
  let config: RunConfig | null = null;
  let status: RunStatus | null = null;
  let written: unknown = null;
  let end: number | null = null;
  const items: TestItem[] = [];
  const rows: RowResult[] = [];
  const looks = new Map<string, readonly Look[]>();
  for (const [at, line] of lines.entries()) {
    const number = at + 1;
    const record = chain.check(line);
    if (typeof record !== 'object' || record === null || !('k' in record) || end !== null) return fail(changed(number));
    if (record.k === 'result' && 'status' in record && 'judgment' in record) {
      status = record.status as RunStatus;
      written = record.judgment;
      continue;
    }
    if (record.k === 'end' && 'lines' in record) {
      end = Number(record.lines);
      if (end !== number) return fail(changed(number));
      continue;
    }
    const known = parseRecord(record);
    if (known?.k === 'run' && config === null && number === 1) ({ config } = known);
    else if (known?.k === 'item' && config !== null) items.push(known.item);
    else if (known?.k === 'look' && config !== null) {
      const { contestant, look } = known;
      const again = lookAgain(config, items, rows, contestant, look);
      // Rows that had failed at the look may have been asked again since.
      if (again !== null && again.rows === look.rows && !isSame(look, again)) return fail(changed(number));
      looks.set(contestant, [...(looks.get(contestant) ?? []), look]);
    } else if (known?.k === 'row' && config !== null) {
      if (!(await isGradedSo(config, items[known.row.item], known.row, match))) return fail(changed(number));
      rows.push(known.row);
    } else return fail(changed(number));
  }
  if (config === null || status === null || end === null) return fail(changed(lines.length + 1));
  const judgment = judgeRun(config, items, rows, { looks });
  if (!isSame(written, finite(judgment))) return fail(changed(lines.length - 1));
  return ok({ run: { config, items, rows, status, looks }, judgment });
}

function changed(line: number): Problem {
  return {
    code: 'run-file-changed',
    message: t('Line {0} of the run file is not what was written.', line),
    action: t('Ask for the original file.'),
  };
}

/** Tells whether the grade of a row follows from its reply. */
async function isGradedSo(
  config: RunConfig,
  item: TestItem | undefined,
  row: RowResult,
  match: Match,
): Promise<boolean> {
  if (item === undefined) return false;
  const truth = truthParams(config, item);
  if (row.status === 'ungradable') return !isGradable(config.grader, truth);
  if (row.status === 'error' || row.sample === null) return row.status === 'error';
  if (row.samples === undefined) {
    const parts = await gradeWith(config.grader, { ...truth, sample: row.sample }, match);
    return isSame(only(row, parts), parts);
  }
  for (const sample of row.samples) {
    const all = await gradeWith(config.grader, { ...truth, sample: sample.sample }, match);
    const parts = without(all, 'lesson', 'truth');
    if (!isSame(only(sample, parts), parts)) return false;
  }
  const joined = joinSamples(config.grader, row.truth, row.samples, config.graderOptions);
  return isSame(only(row, joined), JSON.parse(JSON.stringify(joined)));
}

/** The fields of `value` that `pattern` has. */
function only(value: object, pattern: object): unknown {
  return Object.fromEntries(Object.keys(pattern).flatMap((key) => (key in value ? [[key, value[key as never]]] : [])));
}

/** Deep equality; numbers to 12 digits. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a === 'number' && typeof b === 'number') {
    return a === b || Math.abs(a - b) <= 10 ** -DIGITS * Math.max(Math.abs(a), Math.abs(b));
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const keys = Object.keys(a);
  if (Array.isArray(a) !== Array.isArray(b) || keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => key in b && isSame(a[key as never], b[key as never]));
}
