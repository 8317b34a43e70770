import * as vscode from 'vscode';
import type { JobRef } from '../jobs/jobRef.ts';
import { PANELS } from '../contributions.ts';
import type { OpenPanels, PanelServices } from './openPanels.ts';
import type { PanelOpener } from './panelOpener.ts';

/** The panels, whose code is read when the first one is opened or comes back after a reload. */
export class Panels implements PanelOpener {
  readonly #services: PanelServices;
  #open: Promise<OpenPanels> | null = null;

  constructor(services: PanelServices) {
    this.#services = services;
  }

  registerSerializers(): vscode.Disposable {
    return vscode.Disposable.from(
      ...Object.values(PANELS).map((viewType) =>
        vscode.window.registerWebviewPanelSerializer(viewType, {
          deserializeWebviewPanel: async (panel, state: unknown) =>
            (await this.#load()).restore(viewType, panel, state),
        }),
      ),
    );
  }

  async openJob(ref: JobRef): Promise<void> {
    await (await this.#load()).openJob(ref);
  }

  async openJobs(sweep?: string): Promise<void> {
    await (await this.#load()).openJobs(sweep);
  }

  async compareCharts(refs: readonly JobRef[]): Promise<void> {
    await (await this.#load()).compareCharts(refs);
  }

  async openCurve(paths: readonly string[]): Promise<void> {
    await (await this.#load()).openCurve(paths);
  }

  async openRun(runId: string): Promise<void> {
    await (await this.#load()).openRun(runId);
  }

  async closeRun(runId: string): Promise<void> {
    // Panels that were never loaded have nothing to close.
    (await this.#open)?.closeRun(runId);
  }

  async isRunVisible(runId: string): Promise<boolean> {
    return (await this.#open)?.isRunVisible(runId) ?? false;
  }

  async compareRuns(runId: string, otherId: string): Promise<void> {
    await (await this.#load()).compareRuns(runId, otherId);
  }

  async exportReport(runId: string): Promise<void> {
    await (await this.#load()).exportReport(runId);
  }

  async openTry(connectionId: string, model: string): Promise<void> {
    await (await this.#load()).openTry(connectionId, model);
  }

  async openReport(file: string, against: string | null, suspicious = false): Promise<void> {
    (await this.#load()).openReport(file, against, suspicious);
  }

  async openLeave(connectionId: string): Promise<void> {
    await (await this.#load()).openLeave(connectionId);
  }

  #load(): Promise<OpenPanels> {
    this.#open ??= import('./openPanels.ts').then(({ OpenPanels }) => new OpenPanels(this.#services));
    return this.#open;
  }
}
