import type { RowResult, RunConfig, TestItem } from '../core/evaluation/types.ts';
import { type Look, lookAt, rowsOfLooks } from '../core/statistics/earlyStop.ts';
import { baselineOf, primaryOf } from '../core/evaluation/comparison/runJudgment.ts';
import { askingOrder } from './order.ts';
import { canBeGraded } from './ungradable.ts';

export interface EarlyStoppingDeps {
  readonly row: (contestant: string, item: number) => RowResult | undefined;
  /** Looks that were made before, in order. */
  readonly looks: (contestant: string) => readonly Look[];
  /** Keeps a look; throws the system's error when it cannot. */
  readonly keep: (contestant: string, look: Look) => void;
  /** Ends the asking of a contestant whose comparison is decided; of the baseline when all are. */
  readonly decide: (contestant: string) => void;
}

interface Watched {
  readonly id: string;
  /** Number of first items that both have a row for. */
  items: number;
  /** Number of looks in the plan that lie behind. */
  look: number;
  isDecided: boolean;
}

/**
 * Controller of a run that stops as soon as the answer is in: compares each contestant with the baseline, by itself, once the first
 * 20, 40, 60, 80 and 100 % of the items in the order asked have their rows. A look that was made is never made again, so that a resumed
 * run decides as the one that was interrupted did. Each row costs the same, however many there are.
 */
export class EarlyStopping {
  readonly #config: RunConfig;
  readonly #items: readonly TestItem[];
  readonly #deps: EarlyStoppingDeps;
  readonly #baseline: string | null;
  readonly #plan: readonly number[];
  readonly #watched: readonly Watched[];

  /** @param items that can be graded, in the order asked */
  constructor(config: RunConfig, items: readonly TestItem[], deps: EarlyStoppingDeps) {
    this.#config = config;
    this.#items = items;
    this.#deps = deps;
    this.#baseline = baselineOf(config);
    this.#plan = rowsOfLooks(items.length);
    this.#watched = config.contestants
      .filter(({ id, kind }) => id !== this.#baseline && kind !== 'constant')
      .map(({ id }) => ({ id, items: 0, look: 0, isDecided: false }));
  }

  /** Takes up the looks that were made before, and the rows that are there. To be called once, before the first row. */
  begin(): void {
    for (const watched of this.#watched) {
      for (const { look, verdict } of this.#deps.looks(watched.id)) {
        watched.look = look + 1;
        if (isFinal(verdict)) watched.isDecided = true;
      }
      if (watched.isDecided) this.#deps.decide(watched.id);
    }
    this.#decideBaseline();
    this.update();
  }

  /** Makes the looks that the rows allow. To be called after rows came. Throws the system's error when one cannot be kept. */
  update(): void {
    for (const watched of this.#watched) if (!watched.isDecided) this.#advance(watched);
  }

  #advance(watched: Watched): void {
    for (;;) {
      const item = this.#items[watched.items];
      if (!item || !this.#has(watched.id, item) || !this.#has(this.#baseline, item)) return;
      watched.items++;
      while (watched.look < this.#plan.length && (this.#plan[watched.look] ?? 0) <= watched.items) {
        const index = watched.look++;
        if (this.#plan[index] === watched.items && this.#look(watched, index)) return;
      }
    }
  }

  /** Returns whether the comparison is decided before the end. */
  #look(watched: Watched, index: number): boolean {
    const look = lookAt(this.#differences(watched), index, this.#items.length);
    if (look === null) return false;
    this.#deps.keep(watched.id, withoutInfinity(look));
    if (!isFinal(look.verdict)) return false;
    watched.isDecided = true;
    this.#deps.decide(watched.id);
    this.#decideBaseline();
    return true;
  }

  #decideBaseline(): void {
    const isOver = this.#watched.length > 0 && this.#watched.every(({ isDecided }) => isDecided);
    if (isOver && this.#baseline !== null) this.#deps.decide(this.#baseline);
  }

  #has(contestant: string | null, item: TestItem): boolean {
    return contestant !== null && this.#deps.row(contestant, item.index) !== undefined;
  }

  #differences(watched: Watched): Float64Array {
    const differences: number[] = [];
    for (const { index } of this.#items.slice(0, watched.items)) {
      const own = this.#lossOf(this.#deps.row(watched.id, index));
      const other = this.#lossOf(this.#deps.row(this.#baseline ?? '', index));
      if (own !== null && other !== null) differences.push(own - other);
    }
    return Float64Array.from(differences);
  }

  /** Loss of a row in the primary metric: its error, or 0 and 1 for a hit and a miss; null when there is nothing to compare. */
  #lossOf(row: RowResult | undefined): number | null {
    if (!row || row.status === 'error' || row.status === 'ungradable') return null;
    if (primaryOf(this.#config) === 'mae') return row.error;
    return row.colour === 'green' ? 0 : 1;
  }
}

/** Makes a look again from the rows of a run that has ended; null when the plan has no such look. */
export function lookAgain(
  config: RunConfig,
  items: readonly TestItem[],
  rows: readonly RowResult[],
  contestant: string,
  { look }: Pick<Look, 'look'>,
): Look | null {
  const byKey = new Map(rows.map((row) => [`${row.contestant} ${String(row.item)}`, row]));
  const found: Look[] = [];
  const order = askingOrder(config, items).filter((item) => canBeGraded(config, item));
  const again = new EarlyStopping(config, order, {
    row: (id, item) => byKey.get(`${id} ${String(item)}`),
    looks: () => [],
    keep: (id, made) => {
      if (id === contestant && made.look === look) found.push(made);
    },
    decide: () => undefined,
  });
  again.begin();
  return found[0] ?? null;
}

function isFinal(verdict: Look['verdict']): boolean {
  return verdict === 'different' || verdict === 'futile';
}

/** JSON knows no infinity: a difference that is the same in every row has no standard error. */
function withoutInfinity(look: Look): Look {
  return Number.isFinite(look.t) ? look : { ...look, t: Math.sign(look.t) * Number.MAX_VALUE };
}
