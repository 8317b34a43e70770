import type { Contestant, GraderType, RunConfig, SamplingParameter, TrainedOn } from '../types.ts';
import { listOf, t, tn } from '../../base/messages.ts';

/** Name of the test file of a run, which a run of an evaluation file does not have as its own. */
export function testFileName({ path }: RunConfig['testFile']): string {
  return path.replace(/^.*[\\/]/, '');
}

/** Sentence about the items that give nothing to compare with; null when there is none. */
export function ungradableSentence(grader: GraderType, ungradable: number, items: number): string | null {
  if (ungradable === 0) return null;
  return grader === 'number'
    ? tn(
        ungradable,
        '{0} of {1} items has no number in its expected answer and is not asked.',
        '{0} of {1} items have no number in their expected answer and are not asked.',
        items,
      )
    : tn(
        ungradable,
        '{0} of {1} items has an empty expected answer and is not asked.',
        '{0} of {1} items have an empty expected answer and are not asked.',
        items,
      );
}

/** Sentences about items that the model was trained on; null when there is none, or the training file is not known. */
export function trainedOnSentence(trainedOn: TrainedOn | undefined, items: number): string | null {
  const { same = 0, near = 0 } = trainedOn ?? {};
  if (same + near === 0) return null;
  const sentences: string[] = [];
  if (same > 0) {
    sentences.push(
      tn(
        same,
        "{0} of {1} items is in the model's training file.",
        "{0} of {1} items are in the model's training file.",
        items,
      ),
    );
  }
  if (near > 0) {
    sentences.push(
      tn(
        near,
        "{0} of {1} items is nearly the same as an example in the model's training file.",
        "{0} of {1} items are nearly the same as examples in the model's training file.",
        items,
      ),
    );
  }
  sentences.push(t('These figures do not tell how the model does on new items.'));
  return sentences.join(' ');
}

/** Phrase about parameters that are not sent: `temperature and seed left out: o4-mini does not accept them`; null when everything is sent. */
export function leftOutInWords(model: string, leftOut: readonly SamplingParameter[] | undefined): string | null {
  // The limit of tokens is sent under its new name. Parameters are called by the API's own names.
  const names = (leftOut ?? []).filter((parameter) => parameter !== 'max_tokens');
  if (names.length === 0) return null;
  return tn(
    names.length,
    '{1} left out: {2} does not accept it',
    '{1} left out: {2} does not accept them',
    listOf(names),
    model,
  );
}

/** Phrases about the parameters that are not sent, model by model; models that refuse the same are named once each. */
export function allLeftOut(contestants: readonly Pick<Contestant, 'model' | 'label' | 'leftOut'>[]): readonly string[] {
  return contestants.flatMap(({ model, label, leftOut }) => leftOutInWords(model ?? label, leftOut) ?? []);
}
