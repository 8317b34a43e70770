import type { Better } from './verdict.ts';

// Names of series as providers and tools write them: train_loss, eval/loss, "run - train/loss", rewards/margins, eval_accuracy.

const WORD_END = String.raw`(?:$|[^a-z0-9])`;
const WORD_START = '(?:^|[^a-z0-9])';
const word = (words: string): RegExp => new RegExp(`${WORD_START}(?:${words})${WORD_END}`, 'i');

const HIGHER = word(
  String.raw`accuracy|acc|rewards?|scores?|f1|bleu|gleu|meteor|rouge[a-z0-9]*|precision|recall|auc|auroc|r2|exact_match|em|map|mrr|ndcg[a-z0-9]*|pass_rate|win_rate|(?:pearson|spearman)[a-z]*|matthews_correlation|margins?|chosen`,
);
const LOSS = word('loss(?:es)?|perplexity|ppl|nll|error|mae|mse|rmse|cer|wer');
const VALIDATION = word('valid(?:ation)?|val|eval(?:uation)?|dev|test|holdout');
const FULL =
  /(?:^|[^a-z])full_valid(?:ation)?_loss$|(?:^|[^a-z0-9])eval(?:uation)?[_/]loss$|(?:^|[^a-z0-9])val(?:id(?:ation)?)?\/loss$/i;
/** Figures of the training's machinery: neither end of them is better. */
const NEITHER = word(
  String.raw`lr|learning_rate[a-z0-9_]*|grad(?:ient)?_norm|epochs?|steps?|global_step|total_steps|tokens?|num_tokens|num_input_tokens_seen|total_flos|runtime|samples_per_second|steps_per_second|timestamp|time|duration|memory|kl|entropy|clip_ratio|completion_length|completions|length|logps|logits|beta|weight_decay|momentum`,
);

/** Direction in which a series gets better. Names that tell nothing are taken for losses. */
export function betterOf(series: string): Better {
  return !isLoss(series) && HIGHER.test(spaced(series)) ? 'higher' : 'lower';
}

/** Tells whether a verdict makes sense for a series: not for learning rates, norms, counts and times. */
export function hasDirection(series: string): boolean {
  return isLoss(series) || HIGHER.test(spaced(series)) || !NEITHER.test(spaced(series));
}

/** Tells whether a series was measured on examples that are not trained on. */
export function isValidation(series: string): boolean {
  return VALIDATION.test(spaced(series));
}

/** Tells whether a series is the loss over a whole validation file: its lowest value names a checkpoint. */
export function isFullValidation(series: string): boolean {
  return FULL.test(series.trim());
}

function isLoss(series: string): boolean {
  return LOSS.test(spaced(series));
}

/** Underscores separate words as well, but for the names that have one of their own. */
function spaced(series: string): string {
  return `${series} ${series.replaceAll('_', ' ')}`;
}

/** Names of training losses, behind what the names of one run share. */
const TRAINING_LOSSES = ['train_loss', 'training_loss', 'train/loss', 'loss'] as const;

/** Name of the training loss that belongs to a validation loss; null when there is none among the names. */
export function trainingLossFor(validation: string, names: readonly string[]): string | null {
  if (!isValidation(validation) || !/loss$/i.test(validation)) return null;
  const at = validation.search(/(?:full_)?(?:valid(?:ation)?|val|eval(?:uation)?)[_/]loss$/i);
  if (at === -1) return null;
  const before = validation.slice(0, at);
  const found = TRAINING_LOSSES.find((name) => names.includes(`${before}${name}`));
  return found === undefined ? null : `${before}${found}`;
}
