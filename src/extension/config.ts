import * as vscode from 'vscode';
import { SETTINGS } from './contributions.ts';

// Defaults are in the manifest only; `get` without a fallback returns them.
function read(id: string): unknown {
  return vscode.workspace.getConfiguration().get(id);
}

export function evaluationConcurrency(): number {
  const value = read(SETTINGS.evaluationConcurrency);
  return typeof value === 'number' && Number.isInteger(value) ? Math.min(256, Math.max(1, value)) : 1;
}

/** Milliseconds that the requests for one reply to a row of an evaluation may take together. */
export function rowDeadlineMs(): number {
  const value = read(SETTINGS.rowDeadline);
  return typeof value === 'number' && Number.isFinite(value) ? 1000 * Math.min(3600, Math.max(5, value)) : 120_000;
}

/** Tells whether VS Code sends requests through a proxy of its settings. */
export function usesProxy(): boolean {
  const value = read('http.proxy');
  return typeof value === 'string' && value !== '';
}

export function notifyJobEnded(): boolean {
  return read(SETTINGS.notifyJobEnded) !== false;
}

/** Tells whether the charts of a job open when it starts. */
export function opensOnStart(): boolean {
  return read(SETTINGS.openOnStart) !== false;
}

export function notifyDeadlines(): boolean {
  return read(SETTINGS.notifyDeadlines) !== false;
}

/** User's prices in US$ per 1M trained tokens, by base model. */
export function priceOverrides(): Readonly<Record<string, number>> {
  const value = read(SETTINGS.prices);
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] >= 0),
  );
}

/** Days after which local data of finished jobs and evaluations is deleted; 0: never. */
export function retentionDays(): number {
  const value = read(SETTINGS.retentionDays);
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

/** Python that the set-up of open-weights training uses; empty: the one that is found. */
export function openWeightsPython(): string {
  const value = read(SETTINGS.openWeightsPython);
  return typeof value === 'string' ? value.trim() : '';
}

/** Highest estimate in US$ at which jobs and evaluations start; null: no cap. */
export function costCap(): number | null {
  const value = read(SETTINGS.costCap);
  return typeof value === 'number' && value >= 0 ? value : null;
}
