import * as vscode from 'vscode';
import { logLine } from './logLine.ts';
import { readableStack } from './readableStack.ts';

/** Log of the extension; every line passes the redactor first, so it holds no key and no dataset text. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string, cause?: unknown): void;
  show(): void;
  /** Last lines as written to the log, newest last. */
  recent(): readonly string[];
  dispose(): void;
}

/** Lines kept for *Export Diagnostics…*. */
const KEPT_LINES = 1000;

export function createLog(): Log {
  // eslint-disable-next-line tuning-fork/translated -- the product's name
  const channel = vscode.window.createOutputChannel('Tuning Fork', { log: true });
  const detail = (cause: unknown): string =>
    cause === undefined
      ? ''
      : `: ${cause instanceof Error ? readableStack(cause.stack ?? cause.message) : JSON.stringify(cause)}`;
  const lines: string[] = [];
  const write = (level: 'info' | 'warn' | 'error', text: string): void => {
    const clean = logLine(text);
    channel[level](clean);
    lines.push(`${new Date().toISOString()} [${level}] ${clean}`);
    if (lines.length > KEPT_LINES) lines.splice(0, lines.length - KEPT_LINES);
  };
  return {
    info: (message) => {
      write('info', message);
    },
    warn: (message) => {
      write('warn', message);
    },
    error: (message, cause) => {
      write('error', message + detail(cause));
    },
    recent: () => lines,
    show: () => {
      channel.show(true);
    },
    dispose: () => {
      channel.dispose();
    },
  };
}
