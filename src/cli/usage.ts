export const USAGE = `Usage: cli.js check FILE… [--against FILE] [--format text|json|github] [--max-warnings N]
       cli.js tune TRAIN [--validation FILE] [--connection NAME | --base-url URL] [--model NAME]
              [--suffix WORD] [--max-cost USD] [--wait] [--resume] [--format text|json]
       cli.js jobs | job ID [--wait] | cancel ID   [--connection NAME | --base-url URL] [--format text|json]
       cli.js serve --data DIR [--port N]
       cli.js serve --shared --data DIR [--idle-minutes N]

check     Everything that is wrong with datasets (JSONL), line by line; docs/dataset-rules.md explains the codes.
          Exit code 0: no errors. 1: errors, or more warnings than allowed. 2: something could not be read.

  --against FILE     also what FILE gives away of them: equal and nearly equal examples and prompts
  --grader FILE      a grader (JSON), whose item fields every row must have
  --format FORMAT    text (default), json or github
  --max-warnings N   more warnings than N are a failure (default: any number is allowed)

tune      Checks a dataset, uploads it and starts one fine-tuning job, as the extension does; the job is in its tree.
          Exit code 0: started, with --wait: succeeded. 1: the job failed or was cancelled. 2: it could not be started.
          3: it would cost more than --max-cost. 130: stopped by Ctrl-C; a job that was started goes on.

  --validation FILE  examples to measure on while it learns
  --model NAME       the base model (default on this machine: local-linear-1)
  --suffix WORD      a word that will stand in the model's name
  --epochs N, --batch-size N, --learning-rate-multiplier N
                     a number or auto (default)
  --seed N           the same seed, file and settings give the same run
  --grader FILE      for rows without answers: a grader (JSON) that judges what the model says
  --max-cost USD     starts what is estimated to cost no more. Without it nothing that costs money is started;
                     none allows any amount, also one that is not known; cap allows what the cap in VS Code's
                     settings does (tuningFork.cost.cap). A larger amount goes before that cap, and says so
  --price USD        what a million trained tokens cost; goes before tuningFork.cost.prices and the built-in table
  --wait             stays until the job has ended
  --resume           goes on with a start of this file that was interrupted, if there is one
  --start-again      with --resume: a new start where it is not known whether the interrupted one made a job
  --forget           forgets a start of this file that was interrupted, and makes a new one

jobs      Lists the jobs of a connection, newest first.
job       Says how a job stands; --wait stays until it has ended. Exit code 1: it failed or was cancelled.
cancel    Cancels a job.

  --connection NAME  one of the extension's connections by its name; local (default): this machine
  --base-url URL     a provider by its address, up to and with the version
  --data-dir DIR     where jobs, starts and connections are kept (default: the extension's own folder of VS Code)
  --format FORMAT    text (default) or json: one object, or a list, on standard output; all else goes to standard error

          The key is read from the environment: TUNING_FORK_API_KEY, and OPENAI_API_KEY for api.openai.com only.

serve     An OpenAI-compatible server on 127.0.0.1 that trains local-linear-1 on this machine.
          Prints one line of JSON, {"base_url": "…/v1", "api_key": "…"}, and serves until it is stopped.

  --data DIR         where files, jobs and models are kept (made when absent)
  --port N           0 (default): any free port
  --shared           one server a folder: prints the address of the one that is there, or becomes it
  --idle-minutes N   with --shared: ends when nothing trained and nobody asked for so long (default 10)

  --help             this text
`;
