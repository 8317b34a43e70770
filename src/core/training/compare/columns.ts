// Columns of the Jobs table: which there are, in which order, and how they are called.
import { t } from '../../base/messages.ts';
import { isMetric, metricName } from '../../evaluation/comparison/metricName.ts';
import { familyOf, roleOf } from '../curves/families.ts';
import { HYPERPARAMETERS } from '../hyperparameters.ts';
import type { CellValue, JobRow } from './jobRow.ts';

export type ColumnKind = 'text' | 'number' | 'time' | 'duration' | 'money' | 'status' | 'mono';

/** Columns that every table has, in their order. Hyperparameters follow `method`, figures follow `status`. */
const BEFORE = ['name', 'status'];
const MIDDLE = ['cost', 'duration', 'model', 'method'];
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
  'model',
  'set.n_epochs',
  'set.batch_size',
  'set.learning_rate_multiplier',
  'dataset',
  'tokens',
  'created',
];

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

const ROLES = ['train', 'valid', 'full'];

/** Losses before other metrics, training before validation, the last figure before the best; hyperparameters as users are asked for them. */
function byPlace(a: string, b: string): number {
  const place = (column: string): number => {
    const [kind, name] = partsOf(column);
    if (kind === 'set') return HYPERPARAMETERS.findIndex((rule) => rule.name === name) + 1 || 99;
    const family = familyOf(name) === 'loss' ? 0 : familyOf(name) === 'accuracy' ? 10 : 20;
    return family + ROLES.indexOf(roleOf(name)) * 2 + (kind === 'best' ? 1 : 0);
  };
  return place(a) - place(b) || (a < b ? -1 : 1);
}

/** Kind and name of a column such as `last.train_loss`. */
function partsOf(column: string): readonly [string, string] {
  const dot = column.indexOf('.');
  return dot < 0 ? ['', column] : [column.slice(0, dot), column.slice(dot + 1)];
}

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
      return 'number';
    case 'hash':
    case 'tuned':
    case 'id':
      return 'mono';
  }
  const [kind, name] = partsOf(column);
  return kind === '' || name === 'reasoning_effort' ? 'text' : 'number';
}

/** Whether numbers of the column can be placed on an axis. */
export function isNumeric(column: string): boolean {
  return !['text', 'status', 'mono'].includes(kindOfColumn(column));
}

/** Title of a column; names that a provider gave are shown as they are. */
export function columnTitle(column: string): string {
  const [kind, name] = partsOf(column);
  switch (kind) {
    case 'last':
      return t('{0}, last', metricTitle(name));
    case 'best':
      return t('{0}, best', metricTitle(name));
    case 'eval':
      return t('Evaluation: {0}', isMetric(name) ? metricName(name) : name);
    case 'set':
      return parameterTitle(name);
    default:
      return factTitle(name);
  }
}

function metricTitle(name: string): string {
  switch (name) {
    case 'train_loss':
      return t('Training loss');
    case 'valid_loss':
      return t('Validation loss');
    case 'full_valid_loss':
      return t('Full validation loss');
    case 'train_mean_token_accuracy':
      return t('Training accuracy');
    case 'valid_mean_token_accuracy':
      return t('Validation accuracy');
    case 'full_valid_mean_token_accuracy':
      return t('Full validation accuracy');
    default:
      return name;
  }
}

function parameterTitle(name: string): string {
  switch (name) {
    case 'n_epochs':
      return t('Epochs');
    case 'batch_size':
      return t('Batch size');
    case 'learning_rate_multiplier':
      return t('Learning rate multiplier');
    case 'beta':
      return t('Beta');
    case 'compute_multiplier':
      return t('Compute multiplier');
    case 'eval_interval':
      return t('Evaluation interval');
    case 'eval_samples':
      return t('Evaluation samples');
    case 'reasoning_effort':
      return t('Reasoning effort');
    default:
      return name;
  }
}

function factTitle(name: string): string {
  switch (name) {
    case 'name':
      return t('Job');
    case 'status':
      return t('Status');
    case 'evaluation':
      return t('Evaluation');
    case 'cost':
      return t('Cost');
    case 'duration':
      return t('Duration');
    case 'model':
      return t('Base model');
    case 'method':
      return t('Method');
    case 'dataset':
      return t('Dataset');
    case 'hash':
      return t('Dataset hash');
    case 'validation':
      return t('Validation file');
    case 'examples':
      return t('Examples');
    case 'tokens':
      return t('Trained tokens');
    case 'estimate':
      return t('Estimated cost');
    case 'seed':
      return t('Seed');
    case 'suffix':
      return t('Suffix');
    case 'step':
      return t('Steps');
    case 'created':
      return t('Started');
    case 'connection':
      return t('Connection');
    case 'tuned':
      return t('Fine-tuned model');
    case 'id':
      return t('Job ID');
    default:
      return name;
  }
}

export function valueOf(row: JobRow, column: string): CellValue {
  return row.values[column] ?? null;
}
