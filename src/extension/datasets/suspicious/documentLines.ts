import type * as vscode from 'vscode';
import type { LineChange, LineSource } from '../../../core/dataset/suspicious/lineTracker.ts';

export function sourceOf(document: vscode.TextDocument): LineSource {
  return { lineCount: document.lineCount, text: (line) => document.lineAt(line - 1).text };
}

/** Changes of one edit by lines, in the order of their places. VS Code gives their places before the edit, the last one first. */
export function changesOf(changes: readonly vscode.TextDocumentContentChangeEvent[]): readonly LineChange[] {
  return [...changes]
    .sort((a, b) => a.rangeOffset - b.rangeOffset)
    .reduce<LineChange[]>((lines, { range, text }) => {
      const change = { first: range.start.line + 1, last: range.end.line + 1, now: text.split(LINE_END).length };
      const before = lines.at(-1);
      // Two changes of one line are one: the lines of the second would count twice.
      if (before === undefined || change.first > before.last) lines.push(change);
      else lines[lines.length - 1] = { first: before.first, last: change.last, now: before.now + change.now - 1 };
      return lines;
    }, []);
}

const LINE_END = /\r\n|\r|\n/;
