import { check } from './check.ts';
import { CommandFailure, EXIT, UsageError } from './options.ts';
import { serve } from './serve.ts';
import { inWords, print, say, visible } from './terminal.ts';
import { USAGE } from './usage.ts';

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  check,
  serve,
  // Loaded when called: the API client and the store of jobs are not read for a check.
  tune: async (args) => (await import('./tune.ts')).tune(args),
  jobs: async (args) => (await import('./jobs.ts')).jobs(args),
  job: async (args) => (await import('./jobs.ts')).job(args),
  cancel: async (args) => (await import('./jobs.ts')).cancel(args),
};

/** A command with its words; returns the exit code. */
export async function run([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined) {
    say(USAGE);
    return EXIT.failed;
  }
  if (['help', '--help', '-h'].includes(name) || args.some((word) => word === '--help' || word === '-h')) {
    print(USAGE);
    return EXIT.ok;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    say(`There is no command ${visible(name)}. See --help.`);
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
    say(`${visible(error.message)} See --help.`);
    return EXIT.failed;
  }
}
