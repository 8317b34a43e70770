import { SortedNumbers } from '../../base/sortedNumbers.ts';
import type { ContestantReport, RowResult } from '../types.ts';
import { squaredLogError } from './report.ts';

/**
 * Figures of one contestant while its rows come: each row costs the same, however many there are. Equal to `report` over the same rows
 * in the same order, to the last digit.
 */
export class RunningReport {
  readonly #contestant: string;
  readonly #errors = new Mean();
  readonly #logErrors = new Mean();
  readonly #lessonErrors = new Mean();
  readonly #lessonLogErrors = new Mean();
  readonly #sorted = new SortedNumbers();
  readonly #counts = { answered: 0, noNumber: 0, failed: 0, ungradable: 0, green: 0, orange: 0, red: 0 };

  constructor(contestant: string) {
    this.#contestant = contestant;
  }

  add(row: RowResult): void {
    const counts = this.#counts;
    if (row.status === 'error' || row.status === 'ungradable') {
      counts[row.status === 'error' ? 'failed' : 'ungradable']++;
      return;
    }
    counts.answered++;
    if (row.colour !== null) counts[row.colour]++;
    if (row.status === 'no-number') counts.noNumber++;
    if (typeof row.truth !== 'number') return;
    const guess = typeof row.guess === 'number' ? row.guess : null;
    if (guess !== null) {
      const error = Math.abs(guess - row.truth);
      this.#errors.add(error);
      this.#sorted.add(error);
      this.#logErrors.add(squaredLogError(guess, row.truth));
    }
    const lesson = row.lesson ?? { guess, truth: row.truth };
    this.#lessonErrors.add(Math.abs((lesson.guess ?? 0) - (lesson.truth ?? 0)));
    this.#lessonLogErrors.add(squaredLogError(lesson.guess ?? 0, lesson.truth ?? 0));
  }

  /** Takes a row without an answer out again, which another try replaces; false for other rows, which cannot be taken out. */
  remove(row: RowResult): boolean {
    if (row.status !== 'error') return false;
    this.#counts.failed--;
    return true;
  }

  /** Figures so far; null when a sum is more than a double can hold: `report` has them. */
  report(): ContestantReport | null {
    const { answered, noNumber, failed, ungradable, green, orange, red } = this.#counts;
    const means = [this.#errors, this.#logErrors, this.#lessonErrors, this.#lessonLogErrors];
    if (means.some((mean) => !mean.isFinite)) return null;
    const [meanError = null, logError = null, lessonMeanError = null, lessonLogError = null] = means.map((mean) =>
      mean.value(),
    );
    return {
      contestant: this.#contestant,
      n: answered,
      noNumber,
      errors: failed,
      ungradable,
      meanError,
      lessonMeanError,
      medianError: this.#sorted.size === 0 ? null : this.#sorted.median(),
      rmsle: logError === null ? null : Math.sqrt(logError),
      lessonRmsle: lessonLogError === null ? null : Math.sqrt(lessonLogError),
      hits: answered === 0 ? null : green / answered,
      green,
      orange,
      red,
    };
  }
}

class Mean {
  #sum = 0;
  #count = 0;

  add(value: number): void {
    this.#sum += value;
    this.#count++;
  }

  get isFinite(): boolean {
    return Number.isFinite(this.#sum);
  }

  value(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count;
  }
}
