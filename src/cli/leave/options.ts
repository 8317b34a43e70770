import path from 'node:path';
import { t } from '../../core/base/messages.ts';
import { maxCostOf, type MaxCost } from '../maxCost.ts';
import { FORMATS, formatOf, numberOf, parseOptions, UsageError } from '../options.ts';

export interface LeaveOptions {
  readonly connection: string | undefined;
  readonly baseUrl: string | undefined;
  readonly dataDir: string | undefined;
  /** Absolute path of the folder. */
  readonly out: string;
  readonly maxCost: MaxCost;
  readonly resume: boolean;
  /** Test file for models that have none of their own; null without one. */
  readonly testFile: string | null;
  /** Replies to a row; null: one at temperature 0, else five. */
  readonly samples: number | null;
  readonly format: (typeof FORMATS)[number];
}

export function readLeaveOptions(args: readonly string[]): LeaveOptions {
  const { values, positionals } = parseOptions(args, {
    connection: { type: 'string' },
    'base-url': { type: 'string' },
    'data-dir': { type: 'string' },
    out: { type: 'string' },
    'max-cost': { type: 'string' },
    resume: { type: 'boolean', default: false },
    'test-file': { type: 'string' },
    samples: { type: 'string' },
    format: { type: 'string', default: 'text' },
  });
  const [more] = positionals;
  if (more !== undefined) throw new UsageError(t('leave takes options only, so {0} is not understood.', more));
  if (values.connection === undefined && values['base-url'] === undefined)
    throw new UsageError(t('The provider to leave is missing: name it with --connection or --base-url.'));
  if (values.out === undefined) throw new UsageError(t('The folder is missing: name it with --out.'));
  return {
    connection: values.connection,
    baseUrl: values['base-url'],
    dataDir: values['data-dir'],
    out: path.resolve(values.out),
    maxCost: maxCostOf(values['max-cost']),
    resume: values.resume,
    testFile: values['test-file'] === undefined ? null : path.resolve(values['test-file']),
    samples: values.samples === undefined ? null : samplesOf(values.samples),
    format: formatOf(values.format, FORMATS),
  };
}

/** Most replies to a row, as in an evaluation file. */
const MOST_SAMPLES = 100;

function samplesOf(given: string): number {
  const refusal = t('{0} is not a number of replies from 1 to {1}.', given, MOST_SAMPLES);
  const value = numberOf(given, refusal, { integer: true });
  if (value < 1 || value > MOST_SAMPLES) throw new UsageError(refusal);
  return value;
}
