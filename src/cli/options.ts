import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import type { Problem, Result } from '../core/base/result.ts';

/** The command was called in a way that cannot be understood; its message is one sentence. */
export class UsageError extends Error {}

/** The command was understood and cannot be done. */
export class CommandFailure extends Error {
  readonly problem: Problem;
  readonly exitCode: number;

  constructor(problem: Problem, exitCode: number = EXIT.failed) {
    super(problem.message);
    this.problem = problem;
    this.exitCode = exitCode;
  }
}

/** Exit codes that all commands share; each command's own stand in its help. */
export const EXIT = {
  ok: 0,
  /** It was done, and the result is bad: problems in a dataset, a job that failed. */
  bad: 1,
  /** It could not be done: wrong options, an unreadable file, a provider that refuses. */
  failed: 2,
  /** It would cost more than is allowed. */
  price: 3,
  /** Stopped by Ctrl-C: 128 and the number of the signal, as shells have it. */
  interrupted: 130,
} as const;

export const FORMATS = ['text', 'json'] as const;

/** The words after a command: its options by name, and the others. */
export function parseOptions<const Options extends ParseArgsOptionsConfig>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    // Only its first sentence: the rest explains how to escape what nobody meant.
    const message = error instanceof Error ? error.message : 'The options cannot be read.';
    throw new UsageError(message.split('. ')[0]?.replace(/\.?$/, '.') ?? message);
  }
}

/** One of a few words. */
export function oneOf<const Word extends string>(name: string, given: string, known: readonly Word[]): Word {
  const found = known.find((word) => word === given);
  if (found === undefined) throw new UsageError(`${given} is none of the ${name} ${known.join(', ')}.`);
  return found;
}

/** What a validator made of what was typed; its reason ends the command. */
export function valid<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new UsageError(`${result.error.message} ${result.error.action}`);
}

/** A number as it is typed, without signs and exponents; `what` ends the sentence `x is no …`. */
export function numberOf(given: string, what: string, { integer }: { readonly integer: boolean }): number {
  const value = /^\d+$/.test(given) || (!integer && /^(?:\d+\.\d*|\.\d+)$/.test(given)) ? Number(given) : NaN;
  if (!Number.isFinite(value)) throw new UsageError(`${given} is no ${what}.`);
  return value;
}
