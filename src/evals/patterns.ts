import { patternOf } from '../core/evaluation/graders/regex.ts';
import { replyTextOf, truthTextOf } from '../core/evaluation/graders/stringCheck.ts';
import type { Contestant, RowResult, RunConfig, TestItem } from '../core/evaluation/types.ts';
import { RegexMatcher } from './regexMatcher.ts';
import { truthParams } from './truthParams.ts';

/**
 * Matches of a run's pattern, looked for in a thread before the rows are made, since rows are made at once. Does nothing for other
 * graders.
 */
export class Patterns {
  readonly #config: RunConfig;
  readonly #matcher: RegexMatcher | null;
  readonly #known = new Map<string, boolean | null>();

  constructor(config: RunConfig) {
    this.#config = config;
    this.#matcher = config.grader === 'regex' ? new RegexMatcher() : null;
  }

  /** Looks for the pattern of an item in a reply, so that `of` knows it. */
  async prepare(item: TestItem, sample: string): Promise<void> {
    if (this.#matcher === null) return;
    const [pattern, text] = this.#place(item, sample);
    const key = keyOf(pattern, text);
    if (this.#known.has(key)) return;
    this.#known.set(key, await this.#matcher.matches(pattern, this.#config.graderOptions?.flags ?? '', text));
  }

  /** Whether the pattern occurs in the reply; null when that was not known in time, or not prepared. */
  of(item: TestItem, sample: string): boolean | null {
    return this.#known.get(keyOf(...this.#place(item, sample))) ?? null;
  }

  /** Prepares each reply before the caller gets it. */
  asking<Rest extends readonly unknown[], Reply extends { readonly text: string }>(
    ask: (contestant: Contestant, item: TestItem, ...rest: Rest) => Promise<Reply>,
  ): (contestant: Contestant, item: TestItem, ...rest: Rest) => Promise<Reply> {
    if (this.#matcher === null) return ask;
    return async (contestant, item, ...rest) => {
      const reply = await ask(contestant, item, ...rest);
      await this.prepare(item, reply.text);
      return reply;
    };
  }

  dispose(): void {
    this.#matcher?.dispose();
  }

  #place(item: TestItem, sample: string): readonly [string, string] {
    const params = { ...truthParams(this.#config, item), sample };
    return [patternOf(params.options ?? {}, truthTextOf(params)), replyTextOf(params)];
  }
}

/** Prepares all replies of a row for another item. */
export async function prepareAll(patterns: Patterns, item: TestItem, row: RowResult): Promise<void> {
  for (const { sample } of row.samples ?? []) await patterns.prepare(item, sample);
  await patterns.prepare(item, row.sample ?? '');
}

function keyOf(pattern: string, text: string): string {
  return `${pattern}\u0000${text}`;
}
