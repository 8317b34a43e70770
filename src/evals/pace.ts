/**
 * Number of concurrent requests, adapted to the provider's limits: halved when it refuses one for its rate or its load, at most once a
 * round trip, and raised by one after a full window of replies.
 */
export class Pace {
  readonly #most: number;
  #limit: number;
  #sent = 0;
  /** Number of the last request that was sent when the limit was halved: refusals of those say nothing new. */
  #halvedAt = 0;
  #replies = 0;

  /** @param most the limit that is never passed, and the first one */
  constructor(most: number) {
    this.#most = Math.max(1, Math.floor(most));
    this.#limit = this.#most;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Counts a request; returns its number for `refused`. */
  sent(): number {
    return ++this.#sent;
  }

  replied(): void {
    if (this.#limit >= this.#most || ++this.#replies < this.#limit) return;
    this.#limit++;
    this.#replies = 0;
  }

  /** @param request its number */
  refused(request: number): void {
    if (request <= this.#halvedAt) return;
    this.#limit = Math.max(1, Math.floor(this.#limit / 2));
    this.#halvedAt = this.#sent;
    this.#replies = 0;
  }
}
