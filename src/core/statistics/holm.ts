/** Holm's adjusted p-values, in the order given: claims below 0.05 are wrong somewhere in at most 5 % of families. */
export function holm(values: readonly number[]): readonly number[] {
  const order = values.map((_, index) => index).sort((a, b) => (values[a] ?? 1) - (values[b] ?? 1));
  const adjusted = new Array<number>(values.length).fill(1);
  let least = 0;
  for (const [rank, index] of order.entries()) {
    least = Math.max(least, Math.min(1, (values.length - rank) * (values[index] ?? 1)));
    adjusted[index] = least;
  }
  return adjusted;
}
