import * as vscode from 'vscode';

/** Fixes the bytes of a saved file; only our quick fixes call it. */
export const FIX_BYTES = 'tuningFork.internal.fixBytes';

export const FIX_ALL = vscode.CodeActionKind.SourceFixAll.append('tuningFork');
