import { t } from '../core/base/messages.ts';
import { check } from './check.ts';
import { CommandFailure, EXIT, UsageError } from './options.ts';
import { serve } from './serve.ts';
import { inWords, print, say, visible } from './terminal.ts';
import { usage } from './usage.ts';

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  check,
  serve,
  // Loaded when called: a check does not need the API client and the store of jobs.
  tune: async (args) => (await import('./tune.ts')).tune(args),
  jobs: async (args) => (await import('./jobs.ts')).jobs(args),
  job: async (args) => (await import('./jobs.ts')).job(args),
  cancel: async (args) => (await import('./jobs.ts')).cancel(args),
  curve: async (args) => (await import('./curve.ts')).curve(args),
  evaluate: async (args) => (await import('./evaluate/evaluate.ts')).evaluate(args),
  leave: async (args) => (await import('./leave/leave.ts')).leave(args),
  verify: async (args) => (await import('./evaluate/verify.ts')).verify(args),
};

/** Runs a command with its arguments; returns the exit code. */
export async function run([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) {
    say(usage());
    return EXIT.failed;
  }
  if (['help', '--help', '-h'].includes(name) || args.some((word) => word === '--help' || word === '-h')) {
    print(usage());
    return EXIT.ok;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    say(visible(t('There is no command {0}. See --help.', name)));
    return EXIT.failed;
  }
  try {
    return await command(args);
  } catch (error) {
    if (error instanceof CommandFailure) {
      say(inWords(error.problem));
      return error.exitCode;
    }
    if (!(error instanceof UsageError)) throw error;
    say(visible(`${error.message} ${t('See --help.')}`));
    return EXIT.failed;
  }
}
