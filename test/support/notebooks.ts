// Exported notebooks in tests.
import type { NotebookSettings } from '../../src/core/training/notebook/settings.ts';

export interface NotebookCell {
  readonly id: string;
  readonly cell_type: 'markdown' | 'code';
  readonly metadata: { readonly tags?: readonly string[] };
  readonly source: readonly string[];
}

export function notebookSettings(changes: Partial<NotebookSettings> = {}): NotebookSettings {
  return {
    method: 'supervised',
    baseModel: 'owner/name',
    revision: null,
    trainingFile: 'job.train.jsonl',
    validationFile: null,
    output: 'adapter',
    seed: 7,
    hyperparameters: { n_epochs: 2, batch_size: 8, learning_rate_multiplier: 20 },
    advanced: {},
    grader: null,
    foreignMultiplier: null,
    stopsEarly: false,
    ...changes,
  };
}

export function notebookCells(text: string): readonly NotebookCell[] {
  return (JSON.parse(text) as { readonly cells: readonly NotebookCell[] }).cells;
}

export function codeOf(cells: readonly NotebookCell[], id: string): string {
  return cells.find((cell) => cell.id === id)?.source.join('') ?? '';
}

/** All code cells as one script, without the one that installs packages. */
export function scriptOf(text: string): string {
  return notebookCells(text)
    .filter(({ cell_type: kind, metadata }) => kind === 'code' && !metadata.tags?.includes('install'))
    .map(({ source }) => source.join(''))
    .join('\n\n');
}
