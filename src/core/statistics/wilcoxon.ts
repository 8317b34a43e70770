import { normalCdf } from './distributions.ts';

/** Non-zero differences up to which the distribution of the ranks is counted exactly, when no two are tied. */
const EXACT = 50;

/** Wilcoxon's signed-rank test, two-sided; zero differences are left out. Exact up to 50 untied values, else normal with ties and continuity. */
export function wilcoxon(values: ArrayLike<number>): number {
  const differences = Array.from(values).filter((value) => value !== 0);
  const n = differences.length;
  if (n === 0) return 1;
  const order = differences.map((value) => ({ size: Math.abs(value), positive: value > 0 }));
  order.sort((a, b) => a.size - b.size);
  let positive = 0;
  let ties = 0;
  for (let from = 0; from < n;) {
    let to = from;
    while (to < n && order[to]?.size === order[from]?.size) to++;
    const rank = (from + to + 1) / 2;
    for (let i = from; i < to; i++) if (order[i]?.positive) positive += rank;
    ties += (to - from) ** 3 - (to - from);
    from = to;
  }
  if (n <= EXACT && ties === 0) return exact(Math.min(positive, (n * (n + 1)) / 2 - positive), n);
  const mean = (n * (n + 1)) / 4;
  const sd = Math.sqrt((n * (n + 1) * (2 * n + 1) - ties / 2) / 24);
  const z = Math.max(0, Math.abs(positive - mean) - 0.5) / sd;
  return Math.min(1, 2 * normalCdf(-z));
}

function exact(least: number, n: number): number {
  const most = (n * (n + 1)) / 2;
  const counts = new Float64Array(most + 1);
  counts[0] = 1;
  for (let rank = 1; rank <= n; rank++)
    for (let sum = most; sum >= rank; sum--) counts[sum] = (counts[sum] ?? 0) + (counts[sum - rank] ?? 0);
  let below = 0;
  for (let sum = 0; sum <= least; sum++) below += counts[sum] ?? 0;
  return Math.min(1, (2 * below) / 2 ** n);
}
