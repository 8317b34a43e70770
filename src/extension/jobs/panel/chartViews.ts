import type * as vscode from 'vscode';
import type { JobRef } from '../jobRef.ts';

const KEY = 'tuningFork.chartViews';
/** Views kept, those changed last. */
const MOST_VIEWS = 200;
/** Characters of a view as JSON; a larger one is a fault of the page. */
const MOST_CHARACTERS = 20_000;

/** Views of the charts of each job (zoom, smoothing, lines that are off). Their content is the page's own, which checks it. */
export class ChartViews {
  readonly #memento: vscode.Memento;

  constructor(memento: vscode.Memento) {
    this.#memento = memento;
  }

  /** Undefined when none is kept. */
  get({ connectionId, jobId }: JobRef): unknown {
    return this.#all().find(([job]) => job === `${connectionId} ${jobId}`)?.[1];
  }

  async set({ connectionId, jobId }: JobRef, view: unknown): Promise<void> {
    const json = JSON.stringify(view) as string | undefined;
    if (json === undefined || json.length > MOST_CHARACTERS) return;
    const job = `${connectionId} ${jobId}`;
    const others = this.#all().filter(([other]) => other !== job);
    await this.#memento.update(KEY, [...others, [job, view]].slice(-MOST_VIEWS));
  }

  #all(): readonly (readonly [string, unknown])[] {
    return this.#memento.get<readonly (readonly [string, unknown])[]>(KEY, []);
  }
}
