import * as vscode from 'vscode';
import { redact } from '../core/redact.ts';

/** The one sink for what went on; everything passes the redactor first, so no key and no dataset text ends up in it. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string, cause?: unknown): void;
  show(): void;
  dispose(): void;
}

export function createLog(): Log {
  const channel = vscode.window.createOutputChannel('Tuning Fork', { log: true });
  const detail = (cause: unknown): string =>
    cause === undefined ? '' : `: ${cause instanceof Error ? (cause.stack ?? cause.message) : JSON.stringify(cause)}`;
  return {
    info: (message) => {
      channel.info(redact(message));
    },
    warn: (message) => {
      channel.warn(redact(message));
    },
    error: (message, cause) => {
      channel.error(redact(message + detail(cause)));
    },
    show: () => {
      channel.show(true);
    },
    dispose: () => {
      channel.dispose();
    },
  };
}
