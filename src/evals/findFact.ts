import type { RunFact } from '../core/evaluation/comparison/fact.ts';
import { factOf } from '../core/evaluation/comparison/factOf.ts';
import { questionOf } from '../core/evaluation/comparison/question.ts';
import type { RowResult, RunConfig, TestItem } from '../core/evaluation/types.ts';
import type { Look } from '../core/statistics/earlyStop.ts';
import { judgeSliced } from './judgeSliced.ts';
import { JournalReader, RunState } from './reader.ts';
import { journalOf } from './runFiles.ts';

/** Reads a run and judges it, in slices; null when it has nothing to say. Rejects with the system's error. */
export async function findFact(folder: string, id: string): Promise<RunFact | null> {
  const state = new RunState();
  await new JournalReader(journalOf(folder, id)).read((records) => {
    for (const record of records) state.take(record);
  });
  const { config, items, rows } = state;
  return config === null ? null : judgeFact(config, items, rows, (contestant) => state.looks(contestant));
}

/** Judges the rows of a run in slices. */
export async function judgeFact(
  config: RunConfig,
  items: readonly TestItem[],
  rows: readonly RowResult[],
  looksOf: (contestant: string) => readonly Look[] = () => [],
): Promise<RunFact | null> {
  return factOf(await judgeSliced(config, items, rows, looksOf), questionOf(config), config);
}
