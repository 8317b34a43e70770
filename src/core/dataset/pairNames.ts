// Names under which datasets keep a question and its answer, in tables and in rows of JSON.

/** Columns of a table that are likely to be the question, the answer and the system message. */
export const USER_NAMES =
  /^(?:text|prompt|question|input|query|instruction|user|source|sentence|utterance|message|description|context)$/i;
export const ASSISTANT_NAMES =
  /^(?:category|label|intent|answer|completion|response|output|target|assistant|class|price|summary|reply|sentiment)$/i;
export const SYSTEM_NAMES = /^system(?:[ _-]?(?:prompt|message))?$/i;

/**
 * Pairs by which a row of JSON is known as a question and its answer. Fewer than for tables, where the user chooses: a line
 * of a log has a `message` and a `label` too.
 */
const PAIRS: readonly (readonly [question: string, answers: readonly string[]])[] = [
  ['question', ['answer', 'response', 'completion', 'output', 'reply', 'target']],
  ['prompt', ['response', 'answer', 'output', 'completion', 'reply', 'target', 'referenceresponse']],
  ['problem', ['solution', 'answer', 'response', 'output']],
  ['query', ['response', 'answer', 'output', 'completion', 'reply']],
  ['instruction', ['response', 'answer', 'output', 'completion', 'target']],
  ['input', ['output', 'target', 'response', 'answer', 'completion', 'label']],
  ['input_text', ['output_text', 'target_text']],
  ['source', ['target']],
  ['message', ['completion', 'response', 'reply', 'answer']],
  ['user', ['assistant', 'response', 'answer']],
  ['user_input', ['response', 'answer', 'output', 'intent', 'reference']],
  ['text', ['summary', 'label', 'category', 'intent', 'sentiment', 'completion', 'target', 'answer']],
  ['sentence', ['label', 'target', 'sentiment']],
  ['utterance', ['intent', 'response']],
  ['document', ['summary']],
  ['article', ['summary', 'highlights']],
  ['dialogue', ['summary']],
];

/** Answers that may be a number or true and false: classes and prices. */
const CLASSES: ReadonlySet<string> = new Set([
  'label',
  'category',
  'intent',
  'sentiment',
  'target',
  'answer',
  'output',
]);

export interface PairNames {
  readonly question: string;
  readonly answer: string;
}

/** Keys of the question and of the answer as the row writes them; null when the row is no pair. */
export function pairNames(value: Readonly<Record<string, unknown>>): PairNames | null {
  const keys = new Map<string, string>();
  for (const key of Object.keys(value)) if (key.length <= 20) keys.set(key.trim().toLowerCase(), key);
  for (const [name, answers] of PAIRS) {
    const question = keys.get(name);
    if (question === undefined || typeof value[question] !== 'string') continue;
    for (const known of answers) {
      const answer = keys.get(known);
      if (answer !== undefined && isAnswer(known, value[answer])) return { question, answer };
    }
  }
  return null;
}

function isAnswer(name: string, value: unknown): boolean {
  if (typeof value === 'string') return true;
  return CLASSES.has(name) && (typeof value === 'number' || typeof value === 'boolean');
}
