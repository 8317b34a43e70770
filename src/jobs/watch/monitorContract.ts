import type { JobRecord } from '../store/jobRecord.ts';
import type { JobStore } from '../store/store.ts';
import type { Clock } from './clock.ts';
import type { Shown } from './leadership.ts';
import type { Pace } from './pace.ts';
import type { MonitoredProvider } from './poller.ts';

export interface JobMonitorOptions {
  readonly connectionId: string;
  /** Asked before every round, so that a server that came back elsewhere or a new key is picked up. May reject with a `Problem` carrier. */
  readonly provider: (signal: AbortSignal) => Promise<MonitoredProvider>;
  readonly store: JobStore;
  readonly pace: Pace;
  /** Jobs that this window shows; default all. */
  readonly shown?: () => Shown;
  /** Folder of the lease that the windows share; without one this monitor is alone. */
  readonly leaseFolder?: string;
  readonly clock?: Clock;
  /** Unix milliseconds: when it jumps and the clock does not, the machine slept. */
  readonly wallClock?: () => number;
  /** 0…1, for jitter. */
  readonly random?: () => number;
}

export interface JobEnded {
  readonly record: JobRecord;
  /** False: it had ended before the first round, so while nobody was watching. */
  readonly seenRunning: boolean;
}

export type MonitorState =
  /** Nothing runs: no requests until `poke`. */
  | 'resting'
  | 'polling'
  | 'waiting'
  /** Another window asks; this one reads what it stores. */
  | 'following'
  | 'disposed';
