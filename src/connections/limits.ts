import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { t } from '../core/base/messages.ts';
import type { Problem } from '../core/base/result.ts';
import { writeFileAtomic } from '../storage/atomicFile.ts';
import { systemCode } from '../storage/storageProblem.ts';

/**
 * Settings about money, written by the editor for the command line, which cannot read VS Code's settings. Only storage:
 * `priceRefusal` decides what they allow.
 */
export interface Limits {
  /** US dollars above which nothing is started; null: no cap. */
  readonly cap: number | null;
  /** US dollars for a million trained tokens, by model. */
  readonly prices: Readonly<Record<string, number>>;
}

const NONE: Limits = { cap: null, prices: {} };

/** Path of the file, beside `connections.json`. */
export function limitsFile(folder: string): string {
  return path.join(folder, 'limits.json');
}

/** Reads the limits. No file means no limits; an unreadable one means no limits and a problem that says so. */
export async function readLimits(
  folder: string,
): Promise<{ readonly limits: Limits; readonly problem: Problem | null }> {
  const file = limitsFile(folder);
  try {
    const text = await readFile(file, 'utf8');
    const { storedLimits } = await import('./schemas.ts');
    const { cap, prices } = storedLimits.parse(JSON.parse(text));
    return { limits: { cap, prices }, problem: null };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { limits: NONE, problem: null };
    return {
      limits: NONE,
      problem: {
        code: 'limits-unreadable',
        message: t(
          "The price limit and the prices of VS Code's settings are not known here: {0} cannot be read.",
          file,
        ),
        action: t('Open the Jobs view in VS Code, which writes the file again.'),
      },
    };
  }
}

/** Writes the limits unless the file has them already, or is absent and nothing is set. Rejects with the system's error. */
export async function writeLimits(folder: string, { cap, prices }: Limits): Promise<void> {
  const file = limitsFile(folder);
  const before = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  });
  if (before === null && cap === null && Object.keys(prices).length === 0) return;
  const text = `${JSON.stringify({ v: 1, cap, prices })}\n`;
  if (text !== before) await writeFileAtomic(file, text);
}
