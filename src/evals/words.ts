import { hostname } from 'node:os';
import { t } from '../core/base/messages.ts';
import type { Problem } from '../core/base/result.ts';
import type { Holder } from '../storage/lease.ts';
import { reasonOf } from '../storage/storageProblem.ts';

type Who = Pick<Holder, 'pid' | 'host'>;

/** Says which process runs an evaluation: `… is running in another window (process 4242).`; on another machine with its name. */
export function whereItRuns(holder: Who | null): string {
  if (holder === null || holder.pid === null) return t('This evaluation is running in another window.');
  const pid = String(holder.pid);
  const machine = otherMachine(holder);
  return machine === null
    ? t('This evaluation is running in another window (process {0}).', pid)
    : t('This evaluation is running in another window (process {0} on {1}).', pid, machine);
}

function otherMachine({ host }: Who): string | null {
  return host === null || host === hostname() ? null : host;
}

export function runElsewhere(holder: Holder | null): Problem {
  return {
    code: 'run-elsewhere',
    message: whereItRuns(holder),
    action: t('Follow it here, or cancel it there.'),
  };
}

export function takenOver(): Problem {
  return {
    code: 'run-taken-over',
    message: t('This window was suspended for a while, and another one took the evaluation over.'),
    action: t('Follow it here, or cancel it there.'),
  };
}

export function runsHere(): Problem {
  return { code: 'run-active', message: t('This evaluation is running.'), action: t('Cancel it first.') };
}

/** Says in one sentence that the writer of a run is gone or silent. */
export function leftBehind(holder: Holder): string {
  const pid = holder.pid === null ? null : String(holder.pid);
  const machine = otherMachine(holder);
  if (holder.leftBehind === 'dead') {
    if (pid === null) return t('Another window ended while this evaluation was running.');
    return machine === null
      ? t('Another window (process {0}) ended while this evaluation was running.', pid)
      : t('Another window (process {0} on {1}) ended while this evaluation was running.', pid, machine);
  }
  if (pid === null)
    return t('Another window has not responded for ten seconds; if it comes back, it writes nothing more.');
  return machine === null
    ? t(
        'Another window (process {0}) has not responded for ten seconds; if it comes back, it writes nothing more.',
        pid,
      )
    : t(
        'Another window (process {0} on {1}) has not responded for ten seconds; if it comes back, it writes nothing more.',
        pid,
        machine,
      );
}

export function runUnreadable(error: unknown): Problem {
  return {
    code: 'run-unreadable',
    message: t('The evaluation cannot be read ({0}).', reasonOf(error)),
    action: t('Start it again.'),
  };
}

export function runDamaged(): Problem {
  return {
    code: 'run-damaged',
    message: t('The beginning of the stored evaluation is damaged.'),
    action: t('Start the evaluation again.'),
  };
}

export function runClosed(): Problem {
  return {
    code: 'run-closed',
    message: t('This evaluation was closed before it started.'),
    action: t('Open it, then resume.'),
  };
}
