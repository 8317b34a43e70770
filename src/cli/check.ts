import { t } from '../core/base/messages.ts';
import { checkFile, readGrader } from './checkFile.ts';
import { FileProblem } from './datasetFile.ts';
import { asAnnotations, asJson, asText, totals, type Printed } from './findings.ts';
import { moreDataOf, type PrintedMoreData } from './moreData.ts';
import { suspiciousAnswers, type PrintedSuspicion } from './suspicious.ts';
import { EXIT, formatOf, numberOf, parseOptions, UsageError } from './options.ts';
import { print, say, visible } from './terminal.ts';

const WRITERS = {
  text: (printed) => `${asText(printed)}${totals(printed)}\n`,
  json: asJson,
  github: asAnnotations,
} as const satisfies Readonly<Record<string, (printed: readonly Printed[]) => string>>;
type Format = keyof typeof WRITERS;

interface Options {
  readonly files: readonly string[];
  readonly against: string | null;
  readonly grader: string | null;
  readonly format: Format;
  readonly maxWarnings: number;
  /** Number of the most suspicious answers to name; 0: none. */
  readonly suspicious: number;
  /** Whether to say if more rows would help. */
  readonly moreData: boolean;
  /** File to measure the errors on for that; null: by cross-validation. */
  readonly validation: string | null;
}

/** Checks files; returns the exit code: 0 nothing wrong, 1 errors or too many warnings, 2 something could not be read. */
export async function check(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  const printed: (Printed | PrintedSuspicion | PrintedMoreData)[] = [];
  let unreadable = false;
  let grader: { grader?: unknown } = {};
  if (options.grader !== null) {
    try {
      const { value, problem } = readGrader(options.grader);
      grader = { grader: value };
      if (problem !== null) printed.push(problem);
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error;
      unreadable = true;
      say(visible(error.message));
    }
  }
  for (const path of options.files) {
    try {
      for (const finding of (await checkFile(path, { against: options.against, ...grader })).findings)
        printed.push(finding);
      if (options.suspicious > 0) printed.push(...(await suspiciousAnswers(path, options.suspicious)));
      if (options.moreData) printed.push(...(await moreDataOf(path, options.validation)));
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error;
      unreadable = true;
      say(visible(error.message));
    }
  }
  print(WRITERS[options.format](printed));
  if (unreadable) return EXIT.failed;
  const warnings = printed.filter(({ severity }) => severity === 'warning').length;
  return printed.some(({ severity }) => severity === 'error') || warnings > options.maxWarnings ? EXIT.bad : EXIT.ok;
}

function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseOptions(args, {
    against: { type: 'string' },
    grader: { type: 'string' },
    format: { type: 'string', default: 'text' },
    'max-warnings': { type: 'string' },
    suspicious: { type: 'string' },
    'more-data': { type: 'boolean', default: false },
    validation: { type: 'string' },
  });
  if (positionals.length === 0) throw new UsageError(t('FILE is missing.'));
  const warnings = values['max-warnings'];
  const { suspicious, validation } = values;
  if (validation !== undefined && !values['more-data'])
    throw new UsageError(t('{0} needs {1}.', '--validation', '--more-data'));
  return {
    files: positionals,
    against: values.against ?? null,
    grader: values.grader ?? null,
    format: formatOf(values.format, Object.keys(WRITERS) as Format[]),
    maxWarnings:
      warnings === undefined
        ? Infinity
        : numberOf(warnings, t('{0} is not a number of warnings.', warnings), { integer: true }),
    suspicious:
      suspicious === undefined
        ? 0
        : numberOf(suspicious, t('{0} is not a number of answers.', suspicious), { integer: true }),
    moreData: values['more-data'],
    validation: validation ?? null,
  };
}
