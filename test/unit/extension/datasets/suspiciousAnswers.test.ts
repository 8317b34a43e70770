import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hashOfLine } from '../../../../src/core/dataset/suspicious/lineTracker.ts';
import type { SuspiciousAnswer, SuspiciousReport } from '../../../../src/core/dataset/suspicious/types.ts';
import { DatasetProblem } from '../../../../src/extension/datasets/workerCalls.ts';
import { SuspiciousAnswers } from '../../../../src/extension/datasets/suspicious/suspiciousAnswers.ts';
import { editor, fileUri, type DocumentDouble } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const LINES = Array.from({ length: 12 }, (_, index) => `{"row":${String(index + 1)},"answer":"yes"}`);
const REASON = 'The answer is unlikely.';

const row = (line: number, overrides: Partial<SuspiciousAnswer> = {}): SuspiciousAnswer => ({
  line,
  hash: hashOfLine(LINES[line - 1] ?? ''),
  column: 9,
  endColumn: 14,
  question: 'Is it?',
  answer: 'yes',
  expected: 'no',
  score: 0.99,
  called: true,
  reason: REASON,
  similar: [{ line: line + 1, hash: hashOfLine(LINES[line] ?? ''), answer: 'no', similarity: 0.9 }],
  ...overrides,
});
const REPORT: SuspiciousReport = { judged: 12, called: 2, rows: [row(7), row(3), row(5, { called: false })] };

let folder: string;
let file: string;
let answers: SuspiciousAnswers;
/** Ends the analysis that goes on. */
let end: {
  resolve: (report: SuspiciousReport) => void;
  reject: (error: Error) => void;
  progress: (share: number) => void;
};
let signals: AbortSignal[];

class Document implements DocumentDouble {
  readonly uri = fileUri(file);
  isDirty = false;
  lines = [...LINES];
  get lineCount(): number {
    return this.lines.length;
  }
  lineAt(index: number): { readonly text: string } {
    return { text: this.lines[index] ?? '' };
  }
  save(): Promise<boolean> {
    writeFileSync(file, this.lines.join('\n'));
    this.isDirty = false;
    editor.happened.saved(this);
    return Promise.resolve(true);
  }
  open(): void {
    editor.documents = [this];
    editor.happened.opened(this);
  }
  close(): void {
    editor.documents = [];
    editor.happened.closed(this);
  }
  /** Replaces whole lines (from 1, inclusive). */
  replace(first: number, last: number, ...lines: readonly string[]): void {
    this.isDirty = true;
    this.lines = [...this.lines.slice(0, first - 1), ...lines, ...this.lines.slice(last)];
    const range = { start: { line: first - 1, character: 0 }, end: { line: last - 1, character: 99 } };
    editor.happened.edited({
      document: this,
      contentChanges: [{ range, rangeOffset: first, rangeLength: 1, text: lines.join('\n') }],
    });
  }
}

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-suspicious-'));
  file = path.join(folder, 'labels.jsonl');
  writeFileSync(file, LINES.join('\n'));
  signals = [];
  answers = new SuspiciousAnswers({
    analyze: ((_name: string, _path: string, signal: AbortSignal, progress: (share: number) => void) =>
      new Promise((resolve, reject) => {
        signals.push(signal);
        const onAbort = (): void => {
          reject(new Error('aborted'));
        };
        if (signal.aborted) onAbort();
        signal.addEventListener('abort', onAbort);
        end = { resolve, reject, progress };
      })) as never,
    log: { warn: () => undefined },
  });
});
afterEach(() => {
  answers.dispose();
  editor.reset();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs to the end; the file may have changed before the thread answers. */
async function found(before = (): void => undefined): Promise<void> {
  const asked = signals.length;
  const run = answers.run(file);
  await vi.waitFor(() => {
    expect(signals.length).toBe(asked + 1);
  });
  before();
  end.resolve(REPORT);
  await run;
}
const lines = (): readonly number[] | string => {
  const state = answers.of(file);
  return state.state === 'found' ? state.rows.map(({ line }) => line) : state.state;
};
const warned = (): readonly number[] => (editor.problems.get(file) ?? []).map(({ range }) => range.start.line + 1);
const become = async (state: string): Promise<void> => {
  await vi.waitFor(() => {
    expect(lines()).toBe(state);
  });
};

describe('suspicious answers', () => {
  it('are warned of only where they were asked for, at their places, beside rows that say otherwise', async () => {
    expect(lines()).toBe('unasked');
    const seen: (readonly number[] | string)[] = [];
    answers.onDidChange((changed) => {
      if (changed === file) seen.push(lines());
    });
    await found();
    expect(seen).toEqual(['running', [7, 3, 5]]);
    const problems = editor.problems.get(file) ?? [];
    expect(warned()).toEqual([7, 3]);
    expect(problems[0]).toMatchObject({
      message: REASON,
      code: 'suspicious-answer',
      severity: 1,
      range: { start: { line: 6, character: 8 }, end: { line: 6, character: 13 } },
      relatedInformation: [{ message: 'A similar row says otherwise: “no”', place: { place: fileUri(file) } }],
    });
  });

  it('tell how far they are, run once at a time, and end when canceled', async () => {
    const shares: number[] = [];
    answers.onDidProgress(({ share }) => shares.push(share));
    const run = answers.run(file);
    await answers.run(file);
    await vi.waitFor(() => {
      expect(signals).toHaveLength(1);
    });
    end.progress(0.4);
    expect(shares).toEqual([0.4]);
    expect(answers.of(file)).toEqual({ state: 'running', share: 0.4 });
    answers.cancel(file);
    expect([lines(), signals[0]?.aborted]).toEqual(['unasked', true]);
    await run;
    expect(lines()).toBe('unasked');
  });

  it('stay as they were when the next run is canceled', async () => {
    await found();
    const run = answers.run(file);
    expect([lines(), warned()]).toEqual(['running', [7, 3]]);
    answers.cancel(file);
    await run;
    expect(lines()).toEqual([7, 3, 5]);
  });

  it('follow lines that are typed before them, and leave when their text changes, until it is undone', async () => {
    const document = new Document();
    document.open();
    await found();
    document.replace(1, 1, 'new', 'newer', LINES[0] ?? '');
    expect([lines(), warned()]).toEqual([
      [9, 5, 7],
      [9, 5],
    ]);
    document.replace(9, 9, '{"row":7,"answer":"no"}');
    expect([lines(), warned()]).toEqual([[5, 7], [5]]);
    document.replace(9, 9, LINES[6] ?? '');
    expect(lines()).toEqual([9, 5, 7]);
    // The similar row of line 5 has changed.
    document.replace(6, 6, 'other');
    const state = answers.of(file);
    expect(state.state === 'found' && state.rows.map(({ similar }) => similar.length)).toEqual([1, 0, 1]);
  });

  it('keep their places when the document is saved and closed, and go back when it is closed without', async () => {
    const document = new Document();
    document.open();
    await found();
    document.replace(1, 1, 'new', LINES[0] ?? '');
    await document.save();
    document.replace(1, 2, LINES[0] ?? '');
    expect(lines()).toEqual([7, 3, 5]);
    document.close();
    expect(lines()).toEqual([8, 4, 6]);
    const again = new Document();
    again.lines = ['new', ...LINES];
    again.open();
    expect(lines()).toEqual([8, 4, 6]);
  });

  it('are found where they are when the document was edited meanwhile', async () => {
    const document = new Document();
    document.open();
    await found(() => {
      document.replace(3, 3, 'one', 'two');
    });
    expect(lines()).toEqual([8, 6]);
    // On disk they are where they were.
    document.close();
    expect(lines()).toEqual([7, 3, 5]);
  });

  it('follow a document that is read again from the disk', async () => {
    const document = new Document();
    document.open();
    await found();
    writeFileSync(file, ['first', ...LINES].join('\n'));
    document.lines = ['first', ...LINES];
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
    editor.happened.edited({ document, contentChanges: [{ range, rangeOffset: 0, rangeLength: 0, text: 'first\n' }] });
    expect(lines()).toEqual([8, 4, 6]);
    document.close();
    // The file is looked at meanwhile, and it is the one that was read.
    for (let look = 0; look < 20; look += 1) await stat(file);
    expect(lines()).toEqual([8, 4, 6]);
  });

  it('are forgotten when a file that is not open changes, or goes', async () => {
    await found();
    writeFileSync(file, 'other');
    await become('unasked');
    expect(warned()).toEqual([]);
    expect(answers.of(file)).toEqual({
      state: 'unasked',
      note: 'The file has changed since its answers were judged.',
    });
    writeFileSync(file, LINES.join('\n'));
    await found();
    rmSync(file);
    await become('unasked');
  });

  it('of a file that changed while it was judged are not shown', async () => {
    await found(() => {
      writeFileSync(file, 'other');
    });
    expect(lines()).toBe('unasked');
    expect(warned()).toEqual([]);
  });

  it('that cannot be judged say why', async () => {
    const problem = { code: 'nothing-suspicious-to-say', message: 'Nothing can be said.', action: 'Compare.' };
    const run = answers.run(file);
    await vi.waitFor(() => {
      expect(signals).toHaveLength(1);
    });
    end.reject(new DatasetProblem(problem));
    await run;
    expect(answers.of(file)).toMatchObject({ state: 'unjudged', problem });
  });

  it('end with the window', async () => {
    const run = answers.run(file);
    await vi.waitFor(() => {
      expect(signals).toHaveLength(1);
    });
    answers.dispose();
    await run;
    expect(signals[0]?.aborted).toBe(true);
  });
});
