// Columns of the Jobs table: which there are, and in which order.
import { familyOf, roleOf } from '../curves/families.ts';
import { ADVANCED } from '../advanced.ts';
import { HYPERPARAMETERS } from '../hyperparameters.ts';
import type { CellValue, JobRow } from './jobRow.ts';

export type ColumnKind = 'text' | 'number' | 'time' | 'duration' | 'money' | 'status' | 'mono' | 'bytes';

/** What a training used, as its server tells: most do not, so that an empty cell means that it is not known. */
const TRAINED_ON = ['speed', 'device', 'memory', 'workers', 'nodes'];

/** Columns that every table has, in their order. Hyperparameters follow `method`, figures follow `status`. */
const BEFORE = ['name', 'status'];
const MIDDLE = ['cost', 'duration', ...TRAINED_ON, 'model', 'method'];
const AFTER = [
  'dataset',
  'hash',
  'validation',
  'examples',
  'tokens',
  'estimate',
  'seed',
  'suffix',
  'step',
  'created',
  'connection',
  'sweep',
  'tuned',
  'id',
];

/** Columns that are shown until the user chooses others, as far as some job has a value there. */
export const FIRST_COLUMNS: readonly string[] = [
  'name',
  'status',
  'last.train_loss',
  'best.valid_loss',
  'best.full_valid_loss',
  'evaluation',
  'cost',
  'duration',
  ...TRAINED_ON,
  'model',
  'set.n_epochs',
  'set.batch_size',
  'set.learning_rate_multiplier',
  'dataset',
  'tokens',
  'created',
];

/** Validation loss of the model that a job made. */
export const MODEL_LOSS = 'last.model_valid_loss';

/** Columns that are shown first for the runs of a sweep: what was tried, and what came of it. */
export const SWEEP_COLUMNS: readonly string[] = [
  'name',
  'status',
  MODEL_LOSS,
  'last.train_loss',
  'evaluation',
  'duration',
  ...TRAINED_ON,
  'set.n_epochs',
  'set.learning_rate_multiplier',
  'set.lora_rank',
  'set.lora_alpha',
];

/** Puts what was tried right behind what came of it: it is why the runs of a sweep are looked at. */
export function settingsFirst(columns: readonly string[]): readonly string[] {
  const isFirst = (column: string): boolean => ['name', 'status', MODEL_LOSS].includes(column);
  const isTried = (column: string): boolean => column.startsWith('set.');
  return [
    ...columns.filter(isFirst),
    ...columns.filter(isTried),
    ...columns.filter((column) => !isFirst(column) && !isTried(column)),
  ];
}

/** Columns that say how a job was set up, after its hyperparameters; the last two follow from them. */
const SETTINGS = ['dataset', 'hash', 'validation', 'examples', 'model', 'method', 'seed', 'cost', 'tokens'];

/** Settings among the columns, in the order in which they are compared: hyperparameters first. */
export function settingsAmong(columns: readonly string[]): readonly string[] {
  return [
    ...columns.filter((column) => column.startsWith('set.')),
    ...SETTINGS.filter((column) => columns.includes(column)),
  ];
}

/** Columns in which at least one job has a value, in the order in which they are shown. */
export function columnsOf(rows: readonly JobRow[]): readonly string[] {
  const present = new Set<string>();
  addColumns(present, rows);
  return orderedColumns(present);
}

/** Adds the columns in which one of the rows has a value. */
export function addColumns(present: Set<string>, rows: readonly JobRow[]): void {
  for (const { values } of rows) {
    for (const column in values) if (values[column] !== null && values[column] !== undefined) present.add(column);
  }
}

/** Puts columns in the order in which they are shown. */
export function orderedColumns(present: ReadonlySet<string>): readonly string[] {
  const dynamic = (prefix: string): readonly string[] =>
    [...present].filter((column) => column.startsWith(prefix)).sort(byPlace);
  return [
    ...BEFORE,
    ...[...dynamic('last.'), ...dynamic('best.')].sort(byPlace),
    'evaluation',
    ...dynamic('eval.'),
    ...MIDDLE,
    ...dynamic('set.'),
    ...AFTER,
  ].filter((column) => present.has(column));
}

const SETTINGS_ORDER: readonly string[] = [...HYPERPARAMETERS, ...ADVANCED].map(({ name }) => name);
const ROLES = ['train', 'valid', 'full'];

/** Losses before other metrics, training before validation, the last figure before the best; hyperparameters as users are asked for them. */
function byPlace(a: string, b: string): number {
  const place = (column: string): number => {
    const [kind, name] = partsOf(column);
    if (kind === 'set') return SETTINGS_ORDER.indexOf(name) + 1 || 99;
    if (name === 'model_valid_loss') return -1;
    const family = familyOf(name) === 'loss' ? 0 : familyOf(name) === 'accuracy' ? 10 : 20;
    return family + ROLES.indexOf(roleOf(name)) * 2 + (kind === 'best' ? 1 : 0);
  };
  return place(a) - place(b) || (a < b ? -1 : 1);
}

/** Kind and name of a column such as `last.train_loss`. */
export function partsOf(column: string): readonly [string, string] {
  const dot = column.indexOf('.');
  return dot < 0 ? ['', column] : [column.slice(0, dot), column.slice(dot + 1)];
}

/** Settings whose values are words. */
const TEXT_SETTINGS: ReadonlySet<string> = new Set([
  'reasoning_effort',
  ...ADVANCED.filter(({ kind }) => kind !== 'number').map(({ name }) => name),
]);

export function kindOfColumn(column: string): ColumnKind {
  switch (column) {
    case 'status':
      return 'status';
    case 'created':
      return 'time';
    case 'duration':
      return 'duration';
    case 'cost':
    case 'estimate':
      return 'money';
    case 'tokens':
    case 'examples':
    case 'seed':
    case 'step':
    case 'speed':
    case 'workers':
    case 'nodes':
      return 'number';
    case 'memory':
      return 'bytes';
    case 'hash':
    case 'tuned':
    case 'id':
    case 'sweep':
      return 'mono';
  }
  const [kind, name] = partsOf(column);
  return kind === '' || (kind === 'set' && TEXT_SETTINGS.has(name)) ? 'text' : 'number';
}

/** Whether numbers of the column can be placed on an axis. */
export function isNumeric(column: string): boolean {
  return !['text', 'status', 'mono'].includes(kindOfColumn(column));
}

/** Tells whether an empty cell of the column means that its figure is not known, as it is for most servers. */
export function isOftenUnknown(column: string): boolean {
  return TRAINED_ON.includes(column);
}

export function valueOf(row: JobRow, column: string): CellValue {
  return row.values[column] ?? null;
}
