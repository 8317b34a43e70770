import path from 'node:path';
import { t } from '../../core/base/messages.ts';
import { maxCostOf, type MaxCost } from '../maxCost.ts';
import { formatOf, parseOptions, UsageError } from '../options.ts';

export const EVALUATE_FORMATS = ['text', 'json', 'github', 'junit'] as const;

export interface EvaluateOptions {
  /** Absolute path of the `*.eval.json`. */
  readonly file: string;
  readonly resume: boolean;
  readonly maxCost: MaxCost;
  readonly dataDir: string | undefined;
  readonly format: (typeof EVALUATE_FORMATS)[number];
  /** Origin that gets TUNING_FORK_API_KEY, besides this machine. */
  readonly keyFor: string | null;
  /** File to write the run to, for `verify`. */
  readonly out: string | null;
}

export function readEvaluateOptions(args: readonly string[]): EvaluateOptions {
  const { values, positionals } = parseOptions(args, {
    resume: { type: 'boolean', default: false },
    'max-cost': { type: 'string' },
    'data-dir': { type: 'string' },
    format: { type: 'string', default: 'text' },
    'key-for': { type: 'string' },
    out: { type: 'string' },
  });
  const [file, more] = positionals;
  if (file === undefined) throw new UsageError(t('FILE, the evaluation file (*.eval.json), is missing.'));
  if (more !== undefined) throw new UsageError(t('evaluate takes one file, so {0} is not understood.', more));
  return {
    file: path.resolve(file),
    resume: values.resume,
    maxCost: maxCostOf(values['max-cost']),
    dataDir: values['data-dir'],
    format: formatOf(values.format, EVALUATE_FORMATS),
    keyFor: values['key-for'] === undefined ? null : originOfOption(values['key-for']),
    out: values.out === undefined ? null : path.resolve(values.out),
  };
}

function originOfOption(typed: string): string {
  const parsed = URL.parse(typed);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new UsageError(t('{0} is not an origin such as https://api.example.com.', typed));
  }
  return parsed.origin;
}
