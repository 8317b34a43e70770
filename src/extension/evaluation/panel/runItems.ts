import type { TestItem } from '../../../core/evaluation/types.ts';
import type { EvaluationPanelItem } from '../../../protocol/evaluationPanel.ts';

/** Items handled at a time: a few milliseconds, so that the thread stays free for other work in between. */
const SLICE_ITEMS = 1000;

/** Items as the page shows them; of equal prompts the later ones name the first. Yields between slices. */
export async function panelItems(items: readonly TestItem[]): Promise<readonly EvaluationPanelItem[]> {
  const firsts = new Map<string, number>();
  const found: EvaluationPanelItem[] = [];
  for (const [at, { index, line, title, messages }] of items.entries()) {
    const key = JSON.stringify(messages);
    const first = firsts.get(key);
    if (first === undefined) firsts.set(key, index);
    found.push({ index, line, title, ...(first === undefined ? {} : { cluster: first }) });
    if (at % SLICE_ITEMS === SLICE_ITEMS - 1) await new Promise(setImmediate);
  }
  return found;
}

/**
 * Items of another run by those of this one: by their place when the files are the same, else by question and answer.
 * Yields between slices.
 */
export async function matchedItems(
  own: { readonly sha256: string; readonly items: readonly TestItem[] },
  other: { readonly sha256: string; readonly items: readonly TestItem[] },
): Promise<ReadonlyMap<number, number>> {
  const matched = new Map<number, number>();
  if (own.sha256 === other.sha256) {
    for (const { index } of own.items) if (other.items[index] !== undefined) matched.set(index, index);
    return matched;
  }
  const places = new Map<string, number[]>();
  for (const [at, item] of own.items.entries()) {
    const key = keyOf(item);
    const known = places.get(key);
    if (known) known.push(item.index);
    else places.set(key, [item.index]);
    if (at % SLICE_ITEMS === SLICE_ITEMS - 1) await new Promise(setImmediate);
  }
  for (const [at, item] of other.items.entries()) {
    const place = places.get(keyOf(item))?.shift();
    if (place !== undefined) matched.set(item.index, place);
    if (at % SLICE_ITEMS === SLICE_ITEMS - 1) await new Promise(setImmediate);
  }
  return matched;
}

/** Question and answer without the beginning of the answer that a prompt may end with. */
function keyOf({ messages, truth }: TestItem): string {
  const last = messages.at(-1);
  return JSON.stringify([last?.role === 'assistant' ? messages.slice(0, -1) : messages, truth]);
}
