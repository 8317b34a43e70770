import * as vscode from 'vscode';

/** Fixes the bytes of a saved file; only our quick fixes call it. */
export const FIX_BYTES = 'tuningFork.internal.fixBytes';

export const FIX_ALL = vscode.CodeActionKind.SourceFixAll.append('tuningFork');

/** Name of our problems in the Problems view and for quick fixes. */
// eslint-disable-next-line tuning-fork/translated -- the product's name
export const DIAGNOSTIC_SOURCE = 'Tuning Fork';
