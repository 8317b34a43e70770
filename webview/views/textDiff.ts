/** A run of words of a text; `isOwn`: the other text does not have it there. */
export interface DiffPart {
  readonly text: string;
  readonly isOwn: boolean;
}

/** Longer texts are shown without marks: the comparison takes the product of their words. */
const MOST_WORDS = 600;

/** Splits a text into the words that another one has as well, in the same order, and those that it has alone. */
export function differenceFrom(text: string, other: string): readonly DiffPart[] {
  const words = text.match(/\s+|[\p{L}\p{N}.,]+|[^\s\p{L}\p{N}]/gu) ?? [];
  const others = other.match(/\s+|[\p{L}\p{N}.,]+|[^\s\p{L}\p{N}]/gu) ?? [];
  if (words.length > MOST_WORDS || others.length > MOST_WORDS) return [{ text, isOwn: false }];
  const width = others.length + 1;
  const lengths = new Uint16Array((words.length + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = words.length - 1; row >= 0; row -= 1)
    for (let column = others.length - 1; column >= 0; column -= 1)
      lengths[row * width + column] =
        words[row] === others[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
  const parts: { text: string; isOwn: boolean }[] = [];
  const add = (word: string, isOwn: boolean): void => {
    const last = parts.at(-1);
    if (last?.isOwn === isOwn) last.text += word;
    else parts.push({ text: word, isOwn });
  };
  let column = 0;
  for (const [row, word] of words.entries()) {
    while (column < others.length && word !== others[column] && at(row, column + 1) >= at(row + 1, column)) column += 1;
    const isShared = word === others[column];
    add(word, !isShared && word.trim() !== '');
    if (isShared) column += 1;
  }
  return parts;
}
