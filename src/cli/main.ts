import process from 'node:process';
import { check } from './check.ts';
import { serve } from './serve.ts';

const USAGE = `Usage: cli.js serve --data DIR [--port N]
       cli.js serve --shared --data DIR [--idle-minutes N]
       cli.js check FILE… [--against FILE] [--format text|json|github] [--max-warnings N]

serve     An OpenAI-compatible server on 127.0.0.1 that trains local-linear-1 on this machine.
          Prints one line of JSON, {"base_url": "…/v1", "api_key": "…"}, and serves until it is stopped.

  --data DIR         where files, jobs and models are kept (made when absent)
  --port N           0 (default): any free port
  --shared           one server a folder: prints the address of the one that is there, or becomes it
  --idle-minutes N   with --shared: ends when nothing trained and nobody asked for so long (default 10)

check     Everything that is wrong with datasets (JSONL), line by line; docs/dataset-rules.md explains the codes.
          Exit code 0: no errors. 1: errors, or more warnings than allowed. 2: something could not be read.

  --against FILE     also what FILE gives away of them: equal and nearly equal examples and prompts
  --grader FILE      a grader (JSON), whose item fields every row must have
  --format FORMAT    text (default), json or github
  --max-warnings N   more warnings than N are a failure (default: any number is allowed)

  --help             this text
`;

const [command, ...rest] = process.argv.slice(2);
if (command === 'serve') process.exitCode = await serve(rest, USAGE);
else if (command === 'check') process.exitCode = await check(rest, USAGE);
else if (command === '--help' || command === '-h' || command === 'help') process.stdout.write(USAGE);
else {
  process.stderr.write(command === undefined ? USAGE : `There is no command ${command}. See --help.\n`);
  process.exitCode = 2;
}
