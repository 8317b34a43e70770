import path from 'node:path';
import * as vscode from 'vscode';
import { t } from '../../../core/base/messages.ts';
import type { DataCurve } from '../../../core/dataset/dataCurve/dataCurve.ts';
import { withModel, type ModelPoints } from '../../../core/dataset/dataCurve/modelPoints.ts';
import type { ModelPointsState, PointsProgress } from '../../../protocol/moreDataState.ts';
import { notifyJobEnded } from '../../config.ts';
import { COMMANDS } from '../../contributions.ts';
import { asProblem, inert } from '../../ui/errors.ts';
import { askForModel, measureModelPoints, type CurveFiles, type ModelPointsServices } from './modelPoints.ts';

interface Listeners {
  /** The state changed, progress apart. */
  readonly onChange: () => void;
  readonly onProgress: (progress: PointsProgress) => void;
}

/** Measured curve that the points are drawn beside. */
interface Beside {
  readonly files: CurveFiles;
  readonly curve: DataCurve;
}

const NONE: ModelPointsState = { status: 'idle', progress: { text: '', fraction: 0 }, problem: null, models: [] };

/** Points of open-weights models beside one curve: one model at a time, those before it stay. */
export class ModelPointsRun {
  readonly #services: ModelPointsServices;
  readonly #listeners: Listeners;
  #beside: Beside | null = null;
  #running: AbortController | null = null;
  #state = NONE;

  constructor(services: ModelPointsServices, listeners: Listeners) {
    this.#services = services;
    this.#listeners = listeners;
  }

  get state(): ModelPointsState {
    return this.#state;
  }

  get isMeasuring(): boolean {
    return this.#running !== null;
  }

  /** Cancels and forgets what there is. `beside`: the curve for the next points; null: none is measured. */
  reset(beside: Beside | null): void {
    this.#end();
    this.#beside = beside;
    this.#state = NONE;
  }

  /**
   * Asks for a model and a start, then measures; resolves when it is over, whatever came of it.
   * @throws the errors of `askForModel`; those of the measurement are in the state
   */
  async add(): Promise<void> {
    const beside = this.#beside;
    if (beside === null || this.#running !== null) return;
    const { files, curve } = beside;
    const model = await askForModel(this.#services, files.training, curve);
    // Another curve or another start, while the questions were open.
    if (this.#beside !== beside || this.isMeasuring) return;
    const abort = new AbortController();
    this.#running = abort;
    this.#set({ ...NONE, status: 'measuring', models: this.#state.models });
    let found: ModelPoints = { model, tested: 0, ofValidation: files.validation !== null, points: [] };
    try {
      await measureModelPoints(this.#services, { files, model, curve }, abort.signal, {
        onProgress: (text, fraction) => {
          if (this.#running !== abort) return;
          this.#state = { ...this.#state, progress: { text, fraction } };
          this.#listeners.onProgress(this.#state.progress);
        },
        onPoint: (point, tested) => {
          if (this.#running !== abort) return;
          found = { ...found, tested, points: [...found.points, point] };
          this.#set({ models: withModel(this.#state.models, found) });
        },
      });
      if (this.#running !== abort) return;
      this.#running = null;
      this.#set({ status: 'idle' });
      this.#tell('information', t('The points of {0} are in the report of {1}.', model, path.basename(files.training)));
    } catch (error) {
      if (this.#running !== abort) return;
      this.#running = null;
      const { code, message, action } = asProblem(error);
      this.#services.log.warn(`The points of ${model} were not measured (${code}): ${message}`);
      this.#set({ status: 'failed', problem: { message, action } });
      this.#tell('error', `${t('The points of {0} were not measured.', model)} ${message}`);
    }
  }

  /** Tells the end, which comes hours after the start: its jobs tell nothing by themselves. */
  #tell(kind: 'information' | 'error', text: string): void {
    const beside = this.#beside;
    if (beside === null || !notifyJobEnded()) return;
    const showReport = t('Show Report');
    // Not awaited: a notification stays until it is closed.
    void this.#services.ui.notify(kind, inert(text), showReport).then((choice) => {
      if (choice === showReport)
        void vscode.commands.executeCommand(COMMANDS.showReport, vscode.Uri.file(beside.files.training));
    });
  }

  /** Cancels the measurement that goes on, with its job. */
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

  #set(change: Partial<ModelPointsState>): void {
    this.#state = { ...this.#state, ...change };
    this.#listeners.onChange();
  }
}
