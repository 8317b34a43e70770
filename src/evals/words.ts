import { hostname } from 'node:os';
import type { Problem } from '../core/base/result.ts';
import type { Holder } from '../storage/lease.ts';
import { systemCode } from '../storage/storageProblem.ts';

/** `another window (process 4242)`; on another machine with its name. */
export function whoRuns(holder: Pick<Holder, 'pid' | 'host'> | null): string {
  if (holder === null || holder.pid === null) return 'another window';
  const machine = holder.host === null || holder.host === hostname() ? '' : ` on ${holder.host}`;
  return `another window (process ${String(holder.pid)}${machine})`;
}

export function runElsewhere(holder: Holder | null): Problem {
  return {
    code: 'run-elsewhere',
    message: `This evaluation runs in ${whoRuns(holder)}.`,
    action: 'Follow it here, or cancel it there.',
  };
}

export function takenOver(): Problem {
  return {
    code: 'run-taken-over',
    message: 'This window gave no sign of life for a while, and another one took the evaluation over.',
    action: 'Follow it here, or cancel it there.',
  };
}

export function runsHere(): Problem {
  return { code: 'run-active', message: 'This evaluation is running.', action: 'Cancel it first.' };
}

/** One sentence about a run whose writer is gone or silent. */
export function leftBehind(holder: Holder): string {
  const who = whoRuns(holder);
  const subject = who.charAt(0).toUpperCase() + who.slice(1);
  return holder.leftBehind === 'dead'
    ? `${subject} ended while this evaluation was running.`
    : `${subject} has given no sign of life for ten seconds; should it come back, it writes nothing more.`;
}

export function runUnreadable(error: unknown): Problem {
  return {
    code: 'run-unreadable',
    message: `The evaluation cannot be read (${systemCode(error) || 'unknown reason'}).`,
    action: 'Start it again.',
  };
}

export function runDamaged(): Problem {
  return {
    code: 'run-damaged',
    message: 'The beginning of the stored evaluation is damaged.',
    action: 'Start the evaluation again.',
  };
}

export function runClosed(): Problem {
  return {
    code: 'run-closed',
    message: 'This evaluation was closed before it started.',
    action: 'Open it, then resume.',
  };
}
