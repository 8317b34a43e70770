// What the name of a dataset file says: which part of a dataset it is, and which files belong together.

const VALIDATION = ['validation', 'valid', 'val', 'dev'];
const TEST = ['test', 'tests', 'testing', 'holdout', 'eval'];
const TRAINING = ['train', 'training'];
/** Words that tell nothing about what is in a file. */
const FILLER = ['fine', 'tune', 'tuning', 'data', 'set', 'dataset', 'v1', 'v2'];

/** Of JSON Lines. */
export const DATASET_ENDINGS = ['jsonl', 'ndjson'] as const;

/** JSON Lines by the ending, however it is written. */
export function isDatasetName(file: string): boolean {
  return DATASET_ENDINGS.some((ending) => file.toLowerCase().endsWith(`.${ending}`));
}

/** A JSON file that says it holds a grader: `prices.grader.json`. */
export function isGraderName(file: string): boolean {
  return /\.json$/i.test(file) && hasWord(file, ['grader', 'graders']);
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

const hasWord = (file: string, words: readonly string[]): boolean => wordsOf(file).some((word) => words.includes(word));

/** `validation`, `valid`, `val` or `dev` is a word of the name: `prices.val.jsonl`, not `values.jsonl`. */
export function isValidationName(file: string): boolean {
  return hasWord(file, VALIDATION);
}

export function isTestName(file: string): boolean {
  return hasWord(file, TEST);
}

/** A file that is kept from training: to validate or to test with. */
export function isHeldOut(file: string): boolean {
  return isValidationName(file) || isTestName(file);
}

/** The words that tell which dataset it is, without those that tell which part of it: `prices.train.jsonl` → `prices`. */
export function datasetName(file: string): string {
  const words = subjectOf(file);
  return words.length > 0 ? words.join('-') : (wordsOf(file)[0] ?? 'dataset');
}

function subjectOf(file: string): readonly string[] {
  const parts = new Set([...VALIDATION, ...TEST, ...TRAINING, ...FILLER]);
  return wordsOf(file).filter((word) => !parts.has(word) && !/^\d+$/.test(word));
}

/** How many words of their subjects two files share: 0 for `prices.train` and `topics.test`. */
export function kinship(a: string, b: string): number {
  const words = new Set(subjectOf(a));
  return subjectOf(b).filter((word) => words.has(word)).length;
}
