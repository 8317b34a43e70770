// What `tuning_fork_trainer export` tells.
import type { FakeExport } from './fakePrograms.ts';

export const EXPORT_WARNING = {
  type: 'notice',
  level: 'warn',
  code: 'date',
  message: 'The chat template writes the date of the day.',
};

const FILES = { 'README.md': '# card', 'model.safetensors': 'weights' };

/** An export that ends well. */
export const EXPORTED: FakeExport = {
  files: FILES,
  lines: [
    { type: 'progress', stage: 'base', done: 0, total: 0 },
    { type: 'progress', stage: 'write', done: 3, total: 7 },
    {
      type: 'exported',
      files: Object.entries(FILES).map(([name, text]) => ({ name, bytes: text.length })),
    },
  ],
};
