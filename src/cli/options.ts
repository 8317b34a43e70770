import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { listOf, t } from '../core/base/messages.ts';
import type { Problem, Result } from '../core/base/result.ts';

/** Thrown when the arguments cannot be understood; its message is one sentence. */
export class UsageError extends Error {}

/** Thrown when an understood command cannot be done. */
export class CommandFailure extends Error {
  readonly problem: Problem;
  readonly exitCode: number;

  constructor(problem: Problem, exitCode: number = EXIT.failed) {
    super(problem.message);
    this.problem = problem;
    this.exitCode = exitCode;
  }
}

/** Exit codes that all commands share; the help lists each command's own. */
export const EXIT = {
  ok: 0,
  /** Done with a bad result: problems in a dataset, a failed job. */
  bad: 1,
  /** Not done: wrong options, an unreadable file, a provider that refuses. */
  failed: 2,
  /** Refused, because it would cost more than is allowed. */
  price: 3,
  /** Stopped by Ctrl-C: 128 plus the number of the signal, as in shells. */
  interrupted: 130,
} as const;

export const FORMATS = ['text', 'json'] as const;

/** Parses the arguments of a command: its options by name, and the others. */
export function parseOptions<const Options extends ParseArgsOptionsConfig>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    // Only Node's first sentence: the rest explains how to escape an argument.
    const message = error instanceof Error ? error.message : t('The options cannot be read.');
    throw new UsageError(message.split('. ')[0]?.replace(/\.?$/, '.') ?? message);
  }
}

/** Returns one of the known formats. @throws UsageError */
export function formatOf<const Word extends string>(given: string, known: readonly Word[]): Word {
  const found = known.find((word) => word === given);
  if (found === undefined) throw new UsageError(t('{0} is not a format; the formats are {1}.', given, listOf(known)));
  return found;
}

/** Returns the value of a validated option. @throws UsageError with the validator's reason */
export function valid<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new UsageError(`${result.error.message} ${result.error.action}`);
}

/** Reads a number without signs and exponents. @throws UsageError with the sentence `refusal` */
export function numberOf(given: string, refusal: string, { integer }: { readonly integer: boolean }): number {
  const value = /^\d+$/.test(given) || (!integer && /^(?:\d+\.\d*|\.\d+)$/.test(given)) ? Number(given) : NaN;
  if (!Number.isFinite(value)) throw new UsageError(refusal);
  return value;
}
