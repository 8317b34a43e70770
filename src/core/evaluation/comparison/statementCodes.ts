// Codes of what is said of a comparison: they can be recomputed and compared, whatever the language of their sentences.

export type ReplacementCode =
  | 'replacement-equal'
  | 'replacement-as-good'
  | 'replacement-better'
  | 'replacement-worse'
  | 'replacement-open'
  | 'replacement-needed'
  | 'replacement-answers-same'
  | 'replacement-answers-other'
  | 'replacement-answers-open'
  | 'replacement-answers-unknown'
  | 'replacement-unrecorded';

type Side = 'better' | 'worse' | 'none';

/** Code of a statement with its parameters: labels, counts, shares (0…1) and figures in the metric's unit. */
export interface Statement {
  readonly code:
    | 'no-number'
    | 'too-few-pairs'
    | 'equal'
    | `verdict-${Side}`
    | `verdict-${Side}-typical-${Side}`
    | 'not-with-zeros'
    | 'heaviest'
    | 'items-needed'
    | 'equal-prompts'
    | 'look-different'
    | 'look-futile'
    | 'look-continue'
    | ReplacementCode;
  readonly params: readonly (string | number)[];
}
