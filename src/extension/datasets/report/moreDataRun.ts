import path from 'node:path';
import { expectedSeconds, type FileFigures } from '../../../core/dataset/dataCurve/expectedSeconds.ts';
import type { MoreDataState, PointsProgress } from '../../../protocol/moreDataState.ts';
import { asProblem } from '../../ui/errors.ts';
import { measureMoreData } from '../moreData.ts';
import type { ModelPointsServices } from './modelPoints.ts';
import { ModelPointsRun } from './modelPointsRun.ts';

interface Listeners {
  /** The state changed, progress apart. */
  readonly onChange: () => void;
  /** 0…1. */
  readonly onProgress: (fraction: number) => void;
  readonly onPointsProgress: (progress: PointsProgress) => void;
}

/** *Would more data help?* about one file: measured when it is asked for, at most once at a time. */
export class MoreDataRun {
  /** Points of open-weights models beside the measured curve. */
  readonly points: ModelPointsRun;
  readonly #services: ModelPointsServices;
  readonly #file: string;
  readonly #listeners: Listeners;
  #validation: string | null = null;
  #running: AbortController | null = null;
  #state: Omit<MoreDataState, 'points'> = {
    status: 'none',
    progress: 0,
    seconds: null,
    validation: null,
    problem: null,
    moreData: null,
  };

  constructor(services: ModelPointsServices, file: string, listeners: Listeners) {
    this.#services = services;
    this.#file = file;
    this.#listeners = listeners;
    this.points = new ModelPointsRun(services, {
      onChange: listeners.onChange,
      onProgress: listeners.onPointsProgress,
    });
  }

  get state(): MoreDataState {
    return { ...this.#state, points: this.points.state };
  }

  /** File that the tested rows are of. */
  get tested(): string {
    return this.#validation ?? this.#file;
  }

  /** Forgets what was measured: the file was read again. `validation`: file to measure errors on; null: by cross-validation. */
  reset(validation: string | null, figures: FileFigures): void {
    this.#end();
    this.points.reset(null);
    this.#validation = validation;
    this.#state = {
      status: 'none',
      progress: 0,
      seconds: figures.examples === 0 ? null : expectedSeconds(figures, validation === null),
      validation: validation === null ? null : path.basename(validation),
      problem: null,
      moreData: null,
    };
  }

  /** Measures; resolves when it is over, whatever came of it. */
  async measure(): Promise<void> {
    if (this.#running !== null || this.points.isMeasuring) return;
    this.points.reset(null);
    const abort = new AbortController();
    this.#running = abort;
    this.#set({ status: 'measuring', progress: 0, problem: null, moreData: null });
    try {
      const files = { training: this.#file, validation: this.#validation };
      const moreData = await measureMoreData(this.#services, files, abort.signal, (fraction) => {
        if (this.#running !== abort) return;
        this.#state = { ...this.#state, progress: fraction };
        this.#listeners.onProgress(fraction);
      });
      if (this.#running !== abort) return;
      if (moreData.curve !== null) this.points.reset({ files, curve: moreData.curve });
      this.#set({ status: 'done', moreData });
    } catch (error) {
      const { message, action } = asProblem(error);
      if (this.#running === abort) this.#set({ status: 'failed', problem: { message, action } });
    }
    if (this.#running === abort) this.#running = null;
  }

  /** Cancels the measurement that goes on. */
  stop(): void {
    if (this.#running === null) return;
    this.#end();
    this.#set({ status: 'canceled' });
  }

  #end(): void {
    const running = this.#running;
    this.#running = null;
    running?.abort();
  }

  #set(change: Partial<Omit<MoreDataState, 'points'>>): void {
    this.#state = { ...this.#state, ...change };
    this.#listeners.onChange();
  }
}
