import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findSuspiciousAnswers } from '../../../../src/extension/datasets/report/showReport.ts';
import { Cancelled } from '../../../../src/extension/ui/errors.ts';
import { CLOSED, UiDouble, type Line } from '../../../support/uiDouble.ts';
import { editor, fileUri } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

let folder = '';
let file = '';
const openReport = vi.fn(() => Promise.resolve());
const find = (...script: readonly Line[]): Promise<void> =>
  findSuspiciousAnswers({ panels: { openReport } as never, ui: new UiDouble(script) }, [fileUri(file)]);

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tuning-fork-find-'));
  file = path.join(folder, 'labels.jsonl');
  writeFileSync(file, '{}\n');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  editor.reset();
  openReport.mockClear();
});

describe('Find Suspicious Answers', () => {
  it('opens the report of the file, which looks for them and shows them', async () => {
    await find();
    expect(openReport.mock.calls).toEqual([[file, null, true]]);
  });

  it('offers to save the file first, since the file on disk is judged', async () => {
    const save = vi.fn(() => Promise.resolve(true));
    editor.documents = [{ uri: fileUri(file), isDirty: true, save }];
    const modal = 'labels.jsonl has unsaved changes, but the file on disk is used.';
    await find({ modal, answer: 'Save and Continue' });
    expect([save.mock.calls.length, openReport.mock.calls.length]).toEqual([1, 1]);
    await expect(find({ modal, answer: CLOSED })).rejects.toBeInstanceOf(Cancelled);
    expect(openReport.mock.calls.length).toBe(1);
  });
});
