import type * as vscode from 'vscode';

/** A signal that is aborted when VS Code no longer wants the answer. */
export function abortWith(token: vscode.CancellationToken): AbortSignal {
  const abort = new AbortController();
  if (token.isCancellationRequested) abort.abort(new Error('It is not wanted any more'));
  token.onCancellationRequested(() => {
    abort.abort(new Error('It is not wanted any more'));
  });
  return abort.signal;
}
