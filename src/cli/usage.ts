import { t } from '../core/base/messages.ts';

const WIDTH = 120;
/** Column of the descriptions of commands. */
const COMMANDS = 10;
/** Column of the descriptions of options. */
const OPTIONS = 21;

const SYNOPSIS = [
  String.raw`cli.js check FILE… [--against FILE] [--format text|json|github] [--max-warnings N] [--suspicious N]`,
  String.raw`       [--more-data [--validation FILE]]`,
  String.raw`cli.js tune TRAIN [--validation FILE] [--connection NAME | --base-url URL] [--model NAME]`,
  String.raw`       [--suffix WORD] [--max-cost USD] [--wait] [--resume] [--format text|json]`,
  String.raw`cli.js jobs | job ID [--wait] | cancel ID   [--connection NAME | --base-url URL] [--format text|json]`,
  String.raw`cli.js curve FILE… | curve --job ID [--connection NAME | --base-url URL]   [--format text|json]`,
  String.raw`cli.js evaluate FILE.eval.json [--resume] [--max-cost USD] [--key-for ORIGIN] [--out FILE]`,
  String.raw`       [--data-dir DIR] [--format text|json|github|junit]`,
  String.raw`cli.js leave --connection NAME | --base-url URL   --out DIR [--max-cost USD] [--resume]`,
  String.raw`       [--test-file FILE] [--samples N] [--data-dir DIR] [--format text|json]`,
  String.raw`cli.js verify FILE`,
  String.raw`cli.js serve --data DIR [--port N]`,
  String.raw`cli.js serve --shared --data DIR [--idle-minutes N] [--cluster FILE] [--models DIR]`,
];

/** Help of all commands; names of options and their placeholders are the same in every language. */
export function usage(): string {
  const parts = [
    [t('Usage:'), ...SYNOPSIS.map((line) => `  ${line}`)].join('\n'),
    ...checkUsage(),
    ...tuneUsage(),
    ...jobsUsage(),
    ...curveUsage(),
    ...evaluateUsage(),
    ...leaveUsage(),
    ...serveUsage(),
    options({ '--help': t('Show this text.') }),
  ];
  return `${parts.join('\n\n')}\n`;
}

function checkUsage(): readonly string[] {
  return [
    command('check', [
      t('Checks datasets (JSONL) line by line; docs/dataset-rules.md explains the codes.'),
      t('Exit code 0: no errors. 1: errors, or more warnings than allowed. 2: something could not be read.'),
    ]),
    options({
      '--against FILE': t('Also report equal and nearly equal examples and prompts that FILE has, too.'),
      '--grader FILE': t('Grader (JSON) whose item fields every line must have.'),
      '--format FORMAT': t('Output format: text (default), json or github.'),
      '--max-warnings N': t('Fail when there are more than N warnings (default: any number is allowed).'),
      '--suspicious N': t(
        'Also name the N answers that models trained on the other rows find least likely, as notes; docs/suspicious-answers.md says how often that is right.',
      ),
      '--more-data': t(
        'Also say, as a note, whether twice as many rows would lower the error of the linear baseline; docs/data-curve.md says how sure that is.',
      ),
      '--validation FILE': t('With --more-data: measure the errors on these rows (default: by cross-validation).'),
    }),
  ];
}

function tuneUsage(): readonly string[] {
  return [
    command('tune', [
      t(
        'Checks a dataset, uploads it and starts one fine-tuning job, as the extension does, which then shows the job.',
      ),
      t(
        'Exit code 0: started; with --wait: succeeded. 1: the job failed or was canceled. 2: it could not be started. 3: it would cost more than --max-cost. 130: stopped by Ctrl-C; a started job continues.',
      ),
    ]),
    options({
      '--validation FILE': t('Examples that measure the progress of training.'),
      '--model NAME': t('Base model (default on this machine: local-linear-1).'),
      '--suffix WORD': t("Word that becomes part of the model's name."),
      '--epochs N, --batch-size N, --learning-rate-multiplier N': t('A number or auto (default).'),
      '--advanced NAME=VALUE': t(
        'A setting of open-weights training, such as {0}; once for each setting.',
        'lora_rank=8',
      ),
      '--stop-early': t(
        'On this machine: stop when validation gets worse, and keep the best checkpoint. Needs --validation.',
      ),
      '--seed N': t('The same seed, file and settings give the same result.'),
      '--grader FILE': t("For examples without answers: grader (JSON) that rates the model's answers."),
      '--max-cost USD': t(
        "Start only what is estimated to cost no more. Without it nothing that costs money is started; none allows any amount, also an unknown one; cap allows as much as the limit in VS Code's settings (tuningFork.cost.cap). A larger amount overrides that limit, with a note.",
      ),
      '--price USD': t('Price of a million trained tokens; overrides tuningFork.cost.prices and the built-in prices.'),
      '--wait': t('Wait until the job has ended.'),
      '--resume': t('Resume an interrupted start of this file, if there is one.'),
      '--start-again': t(
        'With --resume: make a new start when it is not known whether the interrupted one created a job.',
      ),
      '--forget': t('Discard an interrupted start of this file and make a new one.'),
    }),
  ];
}

function jobsUsage(): readonly string[] {
  return [
    [
      command('jobs', [t('Lists the jobs of a connection, newest first.')]),
      command('job', [
        t('Shows the status of a job; --wait waits until it has ended. Exit code 1: it failed or was canceled.'),
      ]),
      command('cancel', [t('Cancels a job.')]),
    ].join('\n'),
    options({
      '--connection NAME': t('Connection of the extension by its name; local (default) is this machine.'),
      '--base-url URL': t('Base URL of a provider, including the version (…/v1).'),
      '--data-dir DIR': t("Folder of jobs, starts and connections (default: the extension's own folder of VS Code)."),
      '--format FORMAT': t(
        'Output format: text (default) or json, which writes one object or list to standard output and everything else to standard error.',
      ),
    }),
    paragraph(
      t('The key is read from the environment: TUNING_FORK_API_KEY, and OPENAI_API_KEY for api.openai.com only.'),
      COMMANDS,
    ),
  ];
}

function curveUsage(): readonly string[] {
  return [
    command('curve', [
      t(
        'Says what can be claimed of loss curves: result files (CSV, plain or base64), trainer_state.json of Hugging Face, CSV exports of Weights & Biases. docs/verdicts.md explains how.',
      ),
      t('Exit code 0: all were read. 2: something could not be read.'),
    ]),
    options({
      '--job ID': t('The curves of a job instead of files; takes the options of job.'),
      '--format FORMAT': t('Output format: text (default, one sentence a series) or json.'),
    }),
  ];
}

function evaluateUsage(): readonly string[] {
  return [
    command('evaluate', [
      t('Evaluates models on a test file as an evaluation file says, and tells what can be claimed.'),
      t(
        'Exit code 0: done. 1: a threshold of the file is missed. 2: not run, or not complete. 3: it would cost more than --max-cost. 130: stopped by Ctrl-C.',
      ),
    ]),
    options({
      '--resume': t(
        'Resume the interrupted run of this file, if there is one; a finished run is printed again and asks nothing.',
      ),
      '--max-cost USD': t(
        'Ask only what is estimated to cost no more, and stop before more is spent. Without it nothing that costs money is asked; none allows any amount; cap allows as much as the limit in VS Code.',
      ),
      '--key-for ORIGIN': t(
        'Origin that gets TUNING_FORK_API_KEY, such as https://api.example.com. Without it the key goes to this machine only, since a file alone must not steer it.',
      ),
      '--out FILE': t('Write the run as one file for verify.'),
      '--format FORMAT': t('Output format: text (default), json, github or junit.'),
    }),
    command('verify', [
      t(
        'Recomputes every hash, grade, figure and sentence of a run file, offline. Exit code 1: it was changed, and the first changed line is named.',
      ),
    ]),
  ];
}

function leaveUsage(): readonly string[] {
  return [
    command('leave', [
      t(
        'Takes along what a provider has, before it closes: an inventory of models, files and jobs, downloads that are verified by hash, and recorded answers of every tuned model. docs/leaving.md explains how a replacement is judged by them.',
      ),
      t(
        'Exit code 0: all is there. 1: something is missing, and is named. 2: not done. 3: recording would cost more than --max-cost; the downloads are there. 130: stopped by Ctrl-C.',
      ),
    ]),
    options({
      '--out DIR': t('Folder for what is taken, with its index and the document for others.'),
      '--max-cost USD': t(
        'Record only what is estimated to cost no more, all models together. Inventory and downloads cost nothing. none and cap as in evaluate.',
      ),
      '--resume': t('Go on in a folder that was begun: what is there and intact is not taken or asked again.'),
      '--test-file FILE': t('Questions for models that have no test or validation file of their own.'),
      '--samples N': t('Replies to a row (default: one at temperature 0, else five, from which the spread is known).'),
      '--format FORMAT': t('Output format: text (default) or json.'),
    }),
  ];
}

function serveUsage(): readonly string[] {
  return [
    command('serve', [
      t('Serves the OpenAI-compatible API on 127.0.0.1 and trains local-linear-1 on this machine.'),
      t('Prints one line of JSON, {0}, and serves until it is stopped.', '{"base_url": "…/v1", "api_key": "…"}'),
    ]),
    options({
      '--data DIR': t('Folder of files, jobs and models (created when absent).'),
      '--port N': t('Port; 0 (default) takes any free one.'),
      '--shared': t('One server per folder: print the address of the running one, or become it.'),
      '--idle-minutes N': t('With --shared: stop after N minutes without training and requests (default 10).'),
      '--cluster FILE': t('Document of a Ray cluster that trains; its token is read from TUNING_FORK_RAY_TOKEN.'),
      '--models DIR': t('With --cluster: folder that has the list of open-weights models (open-weights.json).'),
    }),
  ];
}

function command(name: string, sentences: readonly string[]): string {
  const [first = '', ...others] = sentences.map((sentence) => paragraph(sentence, COMMANDS));
  return [`${name.padEnd(COMMANDS)}${first.trimStart()}`, ...others].join('\n');
}

function options(known: Readonly<Record<string, string>>): string {
  return Object.entries(known)
    .map(([name, text]) => {
      const described = paragraph(text, OPTIONS);
      const start = `  ${name}`;
      return start.length < OPTIONS ? `${start.padEnd(OPTIONS)}${described.trimStart()}` : `${start}\n${described}`;
    })
    .join('\n');
}

/** Wraps a text at the width of the help; every line is indented. */
function paragraph(text: string, indent: number): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && indent + last.length + 1 + word.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line) => `${' '.repeat(indent)}${line}`).join('\n');
}
