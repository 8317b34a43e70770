import type { Contestant, RowSample, TestItem } from '../core/evaluation/types.ts';

/** Row that is to be asked. */
export interface Task {
  readonly contestant: Contestant;
  readonly item: TestItem;
  /** Key that tasks with the same reply share; null when the reply is drawn by chance. */
  readonly key: string | null;
  /** Replies so far, when the row needs several. */
  readonly samples: RowSample[];
  /** Tries that count against the most for a row. */
  attempts: number;
  /** All tries; the pauses between them grow with their number. */
  tries: number;
  /** Milliseconds that the requests for its next reply took until now. */
  askedMs: number;
  /** Replies of the run when it was last refused for its rate. */
  repliesSeen: number;
}

export function taskOf(
  contestant: Contestant,
  item: TestItem,
  key: string | null = null,
  samples: readonly RowSample[] = [],
): Task {
  return { contestant, item, key, samples: [...samples], attempts: 0, tries: 0, askedMs: 0, repliesSeen: 0 };
}
