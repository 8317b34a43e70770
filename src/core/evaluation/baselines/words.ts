/** Words of a text, in small letters: runs of letters and digits, so that CJK text gives one word a run. */
export function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Example that a model was trained on, as far as floors and neighbors need it. */
export interface TrainingPair {
  /** Last user message before the answer. */
  readonly question: string;
  /** Answer as written in the file. */
  readonly answer: string;
}
