// Reads the names of dataset files: which part of a dataset a file is, and which files belong together.

const VALIDATION = new Set(['validation', 'validate', 'valid', 'val', 'valset', 'dev', 'devset']);
/** Words of files that both validate and test, as one likes. */
const EVALUATION = new Set(['eval', 'evals', 'evaluation', 'evalset']);
const TEST = new Set(['test', 'tests', 'testing', 'testset', 'holdout', 'heldout', ...EVALUATION]);
const TRAINING = new Set(['train', 'training', 'trainset', 'trn']);
const GRADER = new Set(['grader', 'graders']);
/** Words that do not name the subject of a file: its purpose, and the changes made to it. */
const FILLER = [
  ...['fine', 'tune', 'tuned', 'tuning', 'finetune', 'finetuned', 'finetuning', 'ft', 'sft'],
  ...['data', 'set', 'dataset', 'datasets', 'file', 'files', 'split', 'splits', 'jsonl', 'example', 'examples'],
  ...['clean', 'cleaned', 'unique', 'fixed', 'final', 'new', 'shuffled', 'sample', 'full'],
];
const PARTS = new Set([...VALIDATION, ...TEST, ...TRAINING]);
const SILENT = new Set([...PARTS, ...FILLER]);
/** Versions, counts and dates: `v2`, `200`, `20240501t1200`. */
const NUMBER = /^(?:v?\d+|\d+t\d+z?|\d+k)$/;
/** Number of folders searched for a name outside of a workspace: the file's own, and the one around a `train` or `data`. */
const FOLDERS = 2;

/** File name extensions of JSON Lines. */
export const DATASET_ENDINGS = ['jsonl', 'ndjson'] as const;

/** JSON Lines by the ending, however it is written. */
export function isDatasetName(file: string): boolean {
  return DATASET_ENDINGS.some((ending) => file.toLowerCase().endsWith(`.${ending}`));
}

/** A JSON file that says it holds a grader: `prices.grader.json`. */
export function isGraderName(file: string): boolean {
  return /\.json$/i.test(file) && hasWord(file, GRADER);
}

/** The words of a file name without folder and ending, lower case: `prices_valid-2.jsonl` → prices, valid, 2. */
export function wordsOf(file: string): readonly string[] {
  const base = (file.split(/[/\\]/).at(-1) ?? '').replace(/\.[^.]*$/, '');
  return base
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

type Words = ReadonlySet<string>;

const hasWord = (file: string, words: Words): boolean => wordsOf(file).some((word) => words.has(withoutNumber(word)));

/** `train2` → `train`. */
const withoutNumber = (word: string): string => word.replace(/\d+$/, '');

/** `validation`, `valid`, `val` or `dev` is a word of the name: `prices.val.jsonl`, not `values.jsonl`. */
export function isValidationName(file: string): boolean {
  return hasWord(file, VALIDATION);
}

export function isTestName(file: string): boolean {
  return hasWord(file, TEST);
}

/** A file that is kept from training, to validate or to test with, by its name or else its folder's (`validation/data.jsonl`). */
export function isHeldOut(file: string): boolean {
  return isPart(file, VALIDATION) || isPart(file, TEST);
}

/**
 * Files that should share no row with this one: those kept from training for a file to train on, and files to train on for one of
 * those; best first.
 */
export function partnersOf(file: string, files: readonly string[]): readonly string[] {
  return files
    .filter((other) => other !== file && kinship(file, other) > 0 && isHeldOut(other) !== isHeldOut(file))
    .sort((a, b) => kinship(file, b) - kinship(file, a) || a.length - b.length || a.localeCompare(b));
}

/**
 * Words that name the dataset, without those that name its part: `prices.train.jsonl` → `prices`. Where the
 * name has none, the nearest folder that has: `prices/data/train.jsonl` → `prices`.
 * @param root the folder that the search ends with, usually the workspace's
 */
export function datasetName(file: string, root?: string): string {
  const folders = foldersOf(file);
  const rootFolders = root === undefined ? [] : foldersOf(`${root}/x`);
  const isInside = rootFolders.length > 0 && rootFolders.every((folder, at) => folders[at] === folder);
  const searched = isInside ? folders.slice(rootFolders.length - 1) : folders.slice(-FOLDERS);
  const names = [file, ...searched.reverse().map(asFile)];
  return names.map((name) => subjectOf(name).join('-')).find((name) => name !== '') ?? 'dataset';
}

/** A folder's name as that of a file: nothing of it is an ending. */
const asFile = (folder: string): string => `${folder}.`;

/** The folders of a path, the outermost first. */
function foldersOf(file: string): string[] {
  return file
    .split(/[/\\]/)
    .slice(0, -1)
    .filter((folder) => folder !== '' && folder !== '.');
}

function subjectOf(file: string): readonly string[] {
  return wordsOf(file).filter((word) => !SILENT.has(withoutNumber(word)) && !NUMBER.test(word));
}

/** Words of a name without those for the part of a dataset: `prices.train.clean.v2` → prices, clean, v2. */
function restOf(file: string): ReadonlySet<string> {
  return new Set(wordsOf(file).filter((word) => !PARTS.has(withoutNumber(word))));
}

/**
 * Measures how well the names of two files fit: 0 when they are about different things (`prices.train` and `topics.test`). Each shared
 * word of the subject counts 1, and a subject that is the same 1 more, also when nothing is left of it (`train.jsonl` and
 * `test.jsonl`). What else is the same (versions, dates, `clean`) is a fraction that only decides between equals.
 */
export function kinship(a: string, b: string): number {
  const [left, right] = [new Set(subjectOf(a)), new Set(subjectOf(b))];
  const shared = inBoth(left, right);
  const same = shared === left.size && shared === right.size;
  if (shared === 0 && !same) return 0;
  const [restLeft, restRight] = [restOf(a), restOf(b)];
  const both = inBoth(restLeft, restRight);
  const all = restLeft.size + restRight.size - both;
  const alike = all === 0 ? 1 : both / all;
  return shared + (same ? 1 : 0) + alike / 2;
}

const inBoth = (a: Words, b: Words): number => [...a].filter((word) => b.has(word)).length;

/** The name of a folder says that it holds one part of a dataset, and nothing else: `validation`, `train_data`. */
export function isPartFolder(folder: string): boolean {
  const name = asFile(folder);
  return hasWord(name, PARTS) && subjectOf(name).length === 0;
}

/** The name of the file says which part it is, or else the folder's: `validation/data.jsonl`. */
function isPart(file: string, words: Words): boolean {
  if (hasWord(file, PARTS)) return hasWord(file, words);
  const folder = foldersOf(file).at(-1) ?? '';
  return isPartFolder(folder) && hasWord(asFile(folder), words);
}

/** Files that may measure a model trained on `training`, best first: named for validation, or for evaluation beside a test file. */
export function validationFiles(training: string, files: readonly string[]): readonly string[] {
  const related = files.filter((file) => file !== training && kinship(training, file) > 0);
  const named = related.filter((file) => isPart(file, VALIDATION));
  const hasTest = related.some((file) => isPart(file, TEST) && !isPart(file, EVALUATION));
  const evaluation = hasTest ? related.filter((file) => isPart(file, EVALUATION) && !isPart(file, VALIDATION)) : [];
  const byKinship = (a: string, b: string): number =>
    kinship(training, b) - kinship(training, a) || a.length - b.length || a.localeCompare(b);
  return [...named.sort(byKinship), ...evaluation.sort(byKinship)];
}
