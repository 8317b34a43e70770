import * as vscode from 'vscode';
import { SETTINGS } from './contributions.ts';

// Defaults live in the manifest only; `get` without a fallback returns them.
function read(id: string): unknown {
  return vscode.workspace.getConfiguration().get(id);
}

export function evaluationConcurrency(): number {
  const value = read(SETTINGS.evaluationConcurrency);
  return typeof value === 'number' && Number.isInteger(value) ? Math.min(64, Math.max(1, value)) : 1;
}

export function notifyJobEnded(): boolean {
  return read(SETTINGS.notifyJobEnded) !== false;
}

export function notifyDeadlines(): boolean {
  return read(SETTINGS.notifyDeadlines) !== false;
}

/** US$ per 1M trained tokens by base model, as the user overrides them. */
export function priceOverrides(): Readonly<Record<string, number>> {
  const value = read(SETTINGS.prices);
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] >= 0),
  );
}

/** Days after which what is kept of ended jobs and evaluations is deleted; 0: never. */
export function retentionDays(): number {
  const value = read(SETTINGS.retentionDays);
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

/** US$ above which nothing is started; null: no cap. */
export function costCap(): number | null {
  const value = read(SETTINGS.costCap);
  return typeof value === 'number' && value >= 0 ? value : null;
}
