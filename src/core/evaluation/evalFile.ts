// The `*.eval.json` file: an evaluation that can be repeated and reviewed like code. media/eval.schema.json describes the same shape for editors.
import { listOf, t } from '../base/messages.ts';
import { lineAt, placeInJson, type JsonPlace } from '../base/jsonPlaces.ts';
import { fail, ok, type Problem, type Result } from '../base/result.ts';
import { metricsOf } from './comparison/metrics.ts';
import { METRICS, type Metric } from './comparison/types.ts';
import type { Bounds, GraderType, Pass } from './types.ts';

export type { Pass } from './types.ts';

/** How replies are compared with answers. `exact`, `contains` and `label` compare text, `regex` looks for a pattern in the reply. */
export type GraderSpec =
  | { readonly type: 'number'; readonly green?: Bounds; readonly orange?: Bounds }
  | { readonly type: 'exact' | 'contains'; readonly ignoreCase?: boolean }
  | { readonly type: 'regex'; readonly pattern: string; readonly flags?: string }
  | { readonly type: 'label'; readonly labels?: readonly string[]; readonly ignoreCase?: boolean };

export type EvalContestant =
  | { readonly label: string; readonly model: string; readonly connection?: string; readonly baseUrl?: string }
  | { readonly label: string; readonly floor: Floor };

/** Free contestants that every model must beat. */
export type Floor = 'constant' | 'nearest' | 'bagOfWords';

export interface EvalFile {
  /** Relative to the folder of the file. */
  readonly testFile: string;
  readonly trainingFile: string | null;
  readonly primary: Metric;
  /** Difference that matters, as a share of the better contestant's figure. */
  readonly matters: number;
  /** Label of the contestant that the others are compared with; null when there is only one. */
  readonly baseline: string | null;
  readonly answerPrefix: string | null;
  readonly contestants: readonly EvalContestant[];
  readonly grader: GraderSpec;
  readonly sampling: {
    readonly temperature: number;
    readonly maxTokens: number;
    readonly samples: number;
    readonly seed: number;
  };
  readonly stopEarly: boolean;
  readonly pass: Pass | null;
}

/** Grader as a run records it. */
export function graderTypeOf({ type }: Pick<GraderSpec, 'type'>): GraderType {
  return type === 'exact' ? 'string_check' : type;
}

const FLOORS: readonly Floor[] = ['constant', 'nearest', 'bagOfWords'];
const MOST_SAMPLES = 100;
// eslint-disable-next-line tuning-fork/translated -- words of the file format
const VS_BASELINE = ['not worse', 'better'] as const;

/** Problem of an evaluation file, with its place. */
export interface EvalFileProblem extends Problem {
  /** Reason without the place, as a sentence. */
  readonly reason: string;
  /** Place of the wrong value; null where the file is not valid JSON. */
  readonly place: JsonPlace | null;
  /** Whether media/eval.schema.json finds it, too, so that the editor marks it by itself. */
  readonly inSchema: boolean;
}

/** Thrown inside the parser with the path of the value and what is wrong with it. */
class Wrong extends Error {
  readonly path: string;
  readonly inSchema: boolean;

  constructor(path: string, reason: string, { inSchema = true } = {}) {
    super(reason);
    this.path = path;
    this.inSchema = inSchema;
  }
}

/** Rules that media/eval.schema.json does not hold. */
const BEYOND_SCHEMA = { inSchema: false } as const;

/** Reads the text of an evaluation file. The problem names the first wrong value, its line and the reason. */
export function parseEvalFile(text: string, name: string): Result<EvalFile, EvalFileProblem> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = t('{0} is not valid JSON: {1}.', name, reason.replace(/\.$/, ''));
    return fail({ ...problem(message), reason: message, place: null, inSchema: true });
  }
  try {
    return ok(evalFileOf(value));
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    const { path, inSchema } = error;
    const place = placeInJson(text, path);
    const line = lineAt(text, place.start);
    const message =
      path === ''
        ? t('{0}, line {1}: {2}.', name, line, error.message)
        : t('{0} in {1}, line {2}: {3}.', path, name, line, error.message);
    const reason = path === '' ? t('{0}.', error.message) : t('{0}: {1}.', path, error.message);
    return fail({ ...problem(message), reason, place, inSchema });
  }
}

function problem(message: string): Problem {
  return { code: 'eval-file-invalid', message, action: t('Correct the file.') };
}

function evalFileOf(value: unknown): EvalFile {
  const fields = objectOf(value, '', [
    'testFile',
    'trainingFile',
    'primary',
    'matters',
    'baseline',
    'answerPrefix',
    'contestants',
    'grader',
    'sampling',
    'stopEarly',
    'pass',
    '$schema',
  ]);
  const grader = graderOf(required(fields, 'grader', ''), 'grader');
  const contestants = contestantsOf(required(fields, 'contestants', ''));
  const allowed = metricsOf(graderTypeOf(grader));
  const primary = oneOf(required(fields, 'primary', ''), 'primary', allowed);
  if (primary === 'medianError')
    throw new Wrong(
      'primary',
      t(
        'the median error has no paired comparison; name {0}',
        listOf(allowed.filter((metric) => metric !== 'medianError')),
      ),
    );
  if (fields['stopEarly'] === true && (primary === 'rmsle' || primary === 'f1')) {
    throw new Wrong(
      'stopEarly',
      t('a run can stop early by {0} only', listOf(['mae', 'hits', 'accuracy'])),
      BEYOND_SCHEMA,
    );
  }
  const sampling = objectOf(fields['sampling'] ?? {}, 'sampling', ['temperature', 'maxTokens', 'samples', 'seed']);
  const labels = contestants.map(({ label }) => label);
  const baseline =
    fields['baseline'] === undefined
      ? (labels[1] ?? null)
      : oneOf(fields['baseline'], 'baseline', labels, BEYOND_SCHEMA);
  if (baseline !== null && baseline === labels[0] && labels.length > 1) {
    throw new Wrong(
      'baseline',
      t('the first contestant is compared with the baseline, so another one must be named'),
      BEYOND_SCHEMA,
    );
  }
  return {
    testFile: textOf(required(fields, 'testFile', ''), 'testFile'),
    trainingFile: fields['trainingFile'] === undefined ? null : textOf(fields['trainingFile'], 'trainingFile'),
    primary,
    matters: numberOf(fields['matters'] ?? 0.1, 'matters', { above: 0, most: 10 }),
    baseline,
    answerPrefix:
      fields['answerPrefix'] === undefined || fields['answerPrefix'] === null
        ? null
        : textOf(fields['answerPrefix'], 'answerPrefix'),
    contestants,
    grader,
    sampling: {
      temperature: numberOf(sampling['temperature'] ?? 0, 'sampling.temperature', { least: 0, most: 2 }),
      maxTokens: numberOf(sampling['maxTokens'] ?? 16, 'sampling.maxTokens', {
        least: 1,
        most: 1_000_000,
        integer: true,
      }),
      samples: numberOf(sampling['samples'] ?? 1, 'sampling.samples', { least: 1, most: MOST_SAMPLES, integer: true }),
      seed: numberOf(sampling['seed'] ?? 42, 'sampling.seed', { least: 0, most: 2 ** 31 - 1, integer: true }),
    },
    stopEarly: booleanOf(fields['stopEarly'] ?? false, 'stopEarly'),
    pass: fields['pass'] === undefined || fields['pass'] === null ? null : passOf(fields['pass'], allowed),
  };
}

function contestantsOf(value: unknown): readonly EvalContestant[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new Wrong('contestants', t('at least one contestant is expected'));
  const contestants = value.map((one: unknown, at): EvalContestant => {
    const path = `contestants[${String(at)}]`;
    const fields = objectOf(one, path, ['label', 'model', 'connection', 'baseUrl', ...FLOORS]);
    const label = textOf(required(fields, 'label', path), `${path}.label`);
    const floors = FLOORS.filter((floor) => fields[floor] !== undefined);
    for (const floor of floors) {
      if (fields[floor] !== true) throw new Wrong(`${path}.${floor}`, t('only true is allowed'));
    }
    const [floor] = floors;
    if ((floor === undefined) === (fields['model'] === undefined) || floors.length > 1) {
      throw new Wrong(path, t('exactly one of {0} is expected', listOf(['model', ...FLOORS])));
    }
    if (floor !== undefined) {
      if (fields['connection'] !== undefined || fields['baseUrl'] !== undefined)
        throw new Wrong(path, t('a free floor asks no provider'));
      return { label, floor };
    }
    if (fields['connection'] !== undefined && fields['baseUrl'] !== undefined) {
      throw new Wrong(path, t('connection and baseUrl cannot both be given'));
    }
    return {
      label,
      model: textOf(fields['model'], `${path}.model`),
      ...(fields['connection'] === undefined ? {} : { connection: textOf(fields['connection'], `${path}.connection`) }),
      ...(fields['baseUrl'] === undefined ? {} : { baseUrl: textOf(fields['baseUrl'], `${path}.baseUrl`) }),
    };
  });
  for (const [at, { label }] of contestants.entries()) {
    if (contestants.findIndex((other) => other.label === label) !== at) {
      throw new Wrong(
        `contestants[${String(at)}].label`,
        t('{0} is the label of an earlier contestant', label),
        BEYOND_SCHEMA,
      );
    }
  }
  if (contestants.every((contestant) => 'floor' in contestant))
    throw new Wrong('contestants', t('at least one model is expected'));
  return contestants;
}

function graderOf(value: unknown, path: string): GraderSpec {
  const type = oneOf(
    required(
      objectOf(value, path, ['type', 'green', 'orange', 'ignoreCase', 'pattern', 'flags', 'labels']),
      'type',
      path,
    ),
    `${path}.type`,
    ['number', 'exact', 'contains', 'regex', 'label'] as const,
  );
  switch (type) {
    case 'number': {
      const { green, orange } = objectOf(value, path, ['type', 'green', 'orange']);
      return {
        type,
        ...(green === undefined ? {} : { green: boundsOf(green, `${path}.green`) }),
        ...(orange === undefined ? {} : { orange: boundsOf(orange, `${path}.orange`) }),
      };
    }
    case 'exact':
    case 'contains': {
      const { ignoreCase } = objectOf(value, path, ['type', 'ignoreCase']);
      return { type, ...(ignoreCase === undefined ? {} : { ignoreCase: booleanOf(ignoreCase, `${path}.ignoreCase`) }) };
    }
    case 'regex': {
      const { pattern: given, flags } = objectOf(value, path, ['type', 'pattern', 'flags']);
      if (given === undefined) throw new Wrong(`${path}.pattern`, t('it is missing'));
      const pattern = textOf(given, `${path}.pattern`);
      const used = flags === undefined ? '' : textOf(flags, `${path}.flags`, { mayBeEmpty: true });
      if (!/^[imsu]*$/.test(used)) throw new Wrong(`${path}.flags`, t('only the flags i, m, s and u are allowed'));
      try {
        new RegExp(pattern, used);
      } catch (error) {
        throw new Wrong(`${path}.pattern`, error instanceof Error ? error.message : String(error), BEYOND_SCHEMA);
      }
      return { type, pattern, ...(used === '' ? {} : { flags: used }) };
    }
    case 'label': {
      const { labels, ignoreCase } = objectOf(value, path, ['type', 'labels', 'ignoreCase']);
      if (labels !== undefined && (!Array.isArray(labels) || labels.length < 2)) {
        throw new Wrong(`${path}.labels`, t('at least two labels are expected'));
      }
      return {
        type,
        ...(labels === undefined
          ? {}
          : { labels: labels.map((label: unknown, at) => textOf(label, `${path}.labels[${String(at)}]`)) }),
        ...(ignoreCase === undefined ? {} : { ignoreCase: booleanOf(ignoreCase, `${path}.ignoreCase`) }),
      };
    }
  }
}

function boundsOf(value: unknown, path: string): Bounds {
  const fields = objectOf(value, path, ['absolute', 'relative']);
  return {
    absolute: numberOf(required(fields, 'absolute', path), `${path}.absolute`, { least: 0 }),
    relative: numberOf(required(fields, 'relative', path), `${path}.relative`, { least: 0 }),
  };
}

function passOf(value: unknown, allowed: readonly Metric[]): Pass {
  const fields = objectOf(value, 'pass', [...METRICS, 'vsBaseline']);
  const metrics: Partial<Record<Metric, { readonly min?: number; readonly max?: number }>> = {};
  for (const metric of METRICS) {
    if (fields[metric] === undefined) continue;
    if (!allowed.includes(metric)) throw new Wrong(`pass.${metric}`, t('this grader has only {0}', listOf(allowed)));
    const { min, max } = objectOf(fields[metric], `pass.${metric}`, ['min', 'max']);
    if (min === undefined && max === undefined) throw new Wrong(`pass.${metric}`, t('min or max is expected'));
    metrics[metric] = {
      ...(min === undefined ? {} : { min: numberOf(min, `pass.${metric}.min`) }),
      ...(max === undefined ? {} : { max: numberOf(max, `pass.${metric}.max`) }),
    };
  }
  return {
    metrics,
    vsBaseline: fields['vsBaseline'] === undefined ? null : oneOf(fields['vsBaseline'], 'pass.vsBaseline', VS_BASELINE),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function objectOf(value: unknown, path: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Wrong(path, t('an object is expected'));
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      throw new Wrong(
        path === '' ? key : `${path}.${key}`,
        t('this key is not known; the keys are {0}', listOf(known.filter((one) => one !== '$schema'))),
      );
    }
  }
  return value as Fields;
}

function required(fields: Fields, key: string, path: string): unknown {
  if (fields[key] === undefined) throw new Wrong(path === '' ? key : `${path}.${key}`, t('it is missing'));
  return fields[key];
}

function textOf(value: unknown, path: string, { mayBeEmpty = false } = {}): string {
  if (typeof value !== 'string' || (value === '' && !mayBeEmpty)) throw new Wrong(path, t('a text is expected'));
  return value;
}

function booleanOf(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw new Wrong(path, t('true or false is expected'));
  return value;
}

function numberOf(
  value: unknown,
  path: string,
  { least = -Infinity, most = Infinity, above = -Infinity, integer = false } = {},
): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Wrong(path, t('a number is expected'));
  if (integer && !Number.isInteger(value)) throw new Wrong(path, t('a whole number is expected'));
  if (value < least) throw new Wrong(path, t('at least {0} is expected', least));
  if (value <= above) throw new Wrong(path, t('a number above {0} is expected', above));
  if (value > most) throw new Wrong(path, t('at most {0} is expected', most));
  return value;
}

function oneOf<const Word extends string>(
  value: unknown,
  path: string,
  words: readonly Word[],
  more?: typeof BEYOND_SCHEMA,
): Word {
  const found = words.find((word) => word === value);
  if (found === undefined) throw new Wrong(path, t('one of {0} is expected', listOf(words)), more);
  return found;
}
