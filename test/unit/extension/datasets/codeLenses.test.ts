import type * as vscode from 'vscode';
import { describe, expect, it, vi } from 'vitest';
import { DatasetLenses } from '../../../../src/extension/datasets/editor/codeLenses.ts';
import type { CheckedDocument, DocumentChecks } from '../../../../src/extension/datasets/editor/documentChecks.ts';
import { fileUri } from '../../../support/vscodeDouble.ts';

vi.mock('vscode', async () => (await import('../../../support/vscodeDouble.ts')).vscodeDouble());

const document = { uri: fileUri('/data/prices.train.jsonl') } as unknown as vscode.TextDocument;

/** The lenses over one document, and what is known of it. */
function overDocument(): {
  readonly know: (examples: number, problems: number, tokens: number | null) => void;
  readonly close: () => void;
  readonly titles: () => readonly (string | undefined)[];
  /** How often the lenses were to be drawn anew. */
  readonly drawn: () => number;
} {
  let known: CheckedDocument | undefined;
  let open = true;
  let fire: (uri: vscode.Uri) => void = () => undefined;
  let drawn = 0;
  const checks = {
    get: () => known,
    documentOf: () => (open ? document : undefined),
    onDidChange: (listener: (uri: vscode.Uri) => void) => {
      fire = listener;
      return { dispose: () => undefined };
    },
  } as unknown as DocumentChecks;
  const lenses = new DatasetLenses(checks);
  lenses.onDidChangeCodeLenses(() => {
    drawn += 1;
  });
  return {
    know: (examples, findingCount, tokens) => {
      known = {
        check: { dataset: true, examples, findingCount },
        tokens: tokens === null ? null : { examples, tokens, estimated: false },
      } as unknown as CheckedDocument;
      fire(document.uri);
    },
    close: () => {
      open = false;
      fire(document.uri);
    },
    titles: () => lenses.provideCodeLenses(document).map(({ command }) => command?.title),
    drawn: () => drawn,
  };
}

describe('the lenses over a dataset', () => {
  it('keep the place of everything that was there before the tokens arrive', () => {
    const { know, titles } = overDocument();
    know(1200, 0, null);
    const before = titles();
    know(1200, 0, 52_776);
    expect(before).toEqual(['Fine-Tune…', 'Show Dataset Report', '1,200 examples', 'no problems']);
    expect(titles()).toEqual([...before, '52,776 tokens']);
  });

  it('keep the place of the commands whatever the figures are', () => {
    const { know, titles } = overDocument();
    for (const [examples, problems] of [
      [1, 0],
      [99_999, 12_345],
    ] as const) {
      know(examples, problems, null);
      expect(titles().slice(0, 2)).toEqual(['Fine-Tune…', 'Show Dataset Report']);
    }
  });

  it('are drawn anew only when they say something else', () => {
    const { know, titles, drawn, close } = overDocument();
    know(12, 0, null);
    expect(drawn()).toBe(1);
    titles();
    know(12, 0, null);
    expect(drawn()).toBe(1);
    know(12, 0, 192);
    expect(drawn()).toBe(2);
    titles();
    know(13, 0, 192);
    expect(drawn()).toBe(3);
    titles();
    close();
    expect(drawn()).toBe(4);
  });
});
