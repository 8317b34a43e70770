import { hashNumber } from '../identity.ts';
import type { TrackedLine } from './types.ts';

/** Hash of a line's text without its ending and without a byte order mark. For telling lines apart, not against an adversary. */
export function hashOfLine(text: string): number {
  return hashNumber(text);
}

/** Text as it is after a change. Lines from 1. */
export interface LineSource {
  readonly lineCount: number;
  text(line: number): string;
}

/** Lines `first` to `last` (from 1, inclusive, before the change) became `now` lines. */
export interface LineChange {
  readonly first: number;
  readonly last: number;
  readonly now: number;
}

/** Places of all lines at one moment. */
export type LinePlaces = readonly (number | null)[];

interface Place {
  readonly hash: number;
  /** Line where it is, or where it was before its text changed. */
  line: number;
  /** Whether the line has the text of the beginning. */
  holds: boolean;
}

/**
 * Follows lines through edits by the hash of their text. A line whose text was changed has no place until the text is there again, as
 * after Undo, at the same place or elsewhere in the text of one change.
 */
export class LineTracker {
  readonly #places: Place[];

  constructor(lines: readonly TrackedLine[]) {
    this.#places = lines.map(({ line, hash }) => ({ line, hash, holds: true }));
  }

  /** Another tracker with the same lines at the same places. */
  copy(): LineTracker {
    const copied = new LineTracker([]);
    copied.#places.push(...this.#places.map((place) => ({ ...place })));
    return copied;
  }

  /** Line (from 1) of the tracked line at this index; null while its text is not that of the beginning. */
  at(index: number): number | null {
    const place = this.#places[index];
    return place?.holds === true ? place.line : null;
  }

  places(): LinePlaces {
    return this.#places.map((_, index) => this.at(index));
  }

  /** Follows the changes of one edit, in the order of their places; `source` is the text after all of them. True: a place is another. */
  change(changes: readonly LineChange[], source: LineSource): boolean {
    const before = this.places();
    let shift = 0;
    for (const { first, last, now } of changes) {
      this.#follow({ first: first + shift, last: last + shift, now }, source);
      shift += now - (last - first + 1);
    }
    return this.places().some((line, index) => line !== before[index]);
  }

  /** Looks every line up in a text that may be any other. True: a place is another. */
  find(source: LineSource): boolean {
    const before = this.places();
    const lost = this.#places.filter(
      ({ line, hash }) => line > source.lineCount || hashOfLine(source.text(line)) !== hash,
    );
    for (const place of this.#places) place.holds = true;
    if (lost.length > 0) this.#search(lost, 1, source.lineCount, source);
    return this.places().some((line, index) => line !== before[index]);
  }

  #follow({ first, last, now }: LineChange, source: LineSource): void {
    const touched: Place[] = [];
    const more = now - (last - first + 1);
    for (const place of this.#places) {
      if (place.line > last) place.line += more;
      else if (place.line >= first) touched.push(place);
    }
    if (touched.length > 0) this.#search(touched, first, Math.min(first + now - 1, source.lineCount), source);
  }

  /** Looks lines up between two others; of equal ones the nearest. */
  #search(places: readonly Place[], from: number, to: number, source: LineSource): void {
    const wanted = new Map<number, number[]>(places.map(({ hash }) => [hash, []]));
    for (let line = from; line <= to; line += 1) wanted.get(hashOfLine(source.text(line)))?.push(line);
    for (const place of places) {
      const [nearest] = (wanted.get(place.hash) ?? []).toSorted(
        (a, b) => Math.abs(a - place.line) - Math.abs(b - place.line),
      );
      place.holds = nearest !== undefined;
      place.line = nearest ?? Math.max(1, Math.min(place.line, to));
    }
  }
}
