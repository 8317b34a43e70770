import path from 'node:path';
import type { RowResult, RunStatus } from '../../src/core/evaluation/types.ts';
import { JournalReader, RunState } from '../../src/evals/reader.ts';

/** A run as its journal on the disk has it, whoever writes it. */
export async function storedRun(
  folder: string,
  id = 'run-1',
): Promise<{ readonly rows: readonly RowResult[]; readonly status: RunStatus; readonly items: number }> {
  const state = new RunState();
  await new JournalReader(path.join(folder, `${id}.jsonl`)).read((records) => {
    for (const record of records) state.take(record);
  });
  return { rows: state.rows, status: state.status, items: state.items.length };
}
