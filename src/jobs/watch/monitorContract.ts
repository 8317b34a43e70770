import type { JobRecord } from '../store/jobRecord.ts';
import type { JobStore } from '../store/store.ts';
import type { Clock } from './clock.ts';
import type { Shown } from './leadership.ts';
import type { Pace } from './pace.ts';
import type { MonitoredProvider } from './poller.ts';

export interface JobMonitorOptions {
  readonly connectionId: string;
  /** Called before every round, so that a server at a new address or a new key is used. May reject with a `Problem` carrier. */
  readonly provider: (signal: AbortSignal) => Promise<MonitoredProvider>;
  readonly store: JobStore;
  readonly pace: Pace;
  /** Jobs that this window shows; default all. */
  readonly shown?: () => Shown;
  /** Folder of the lease that the windows share; without one this monitor works alone. */
  readonly leaseFolder?: string;
  readonly clock?: Clock;
  /** Unix milliseconds: when it jumps and the clock does not, the machine slept. */
  readonly wallClock?: () => number;
  /** 0…1, for jitter. */
  readonly random?: () => number;
}

export interface JobEnded {
  readonly record: JobRecord;
  /** False: the job had ended before the first round, so while no window was open. */
  readonly seenRunning: boolean;
}

export type MonitorState =
  /** Nothing runs: no requests until `poke`. */
  | 'resting'
  | 'polling'
  | 'waiting'
  /** Another window polls; this one reads the records that it stores. */
  | 'following'
  | 'disposed';
