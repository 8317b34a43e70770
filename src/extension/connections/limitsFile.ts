import * as vscode from 'vscode';
import { writeLimits } from '../../connections/limits.ts';
import { costCap, priceOverrides } from '../config.ts';
import { SETTINGS } from '../contributions.ts';
import type { Services } from '../services.ts';

/**
 * Copy of the cap and the prices of the settings for the command line. Written when they change and when the extension is first
 * used; not at activation, which reads one small file and writes none.
 */
export class LimitsFile {
  readonly #services: Pick<Services, 'folder' | 'log'>;
  readonly #listener: vscode.Disposable;
  #used = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(services: Pick<Services, 'folder' | 'log'>) {
    this.#services = services;
    this.#listener = vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(SETTINGS.costCap) || change.affectsConfiguration(SETTINGS.prices)) this.#write();
    });
  }

  /** Writes on first use: the settings may have changed while VS Code was closed, or on another machine. */
  used(): void {
    if (!this.#used) this.#write();
    this.#used = true;
  }

  dispose(): void {
    this.#listener.dispose();
  }

  // Writes run one after the other, each with the settings at its turn: the last file has the last settings.
  #write(): void {
    const { folder, log } = this.#services;
    this.#writing = this.#writing
      .then(() => writeLimits(folder, { cap: costCap(), prices: priceOverrides() }))
      .catch((error: unknown) => {
        log.error('The cap and the prices could not be written for the command line', error);
      });
  }
}
