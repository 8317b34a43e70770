import type { Contestant, GraderType, SamplingParameter, TrainedOn } from '../types.ts';
import { count, plural } from '../../base/numbers.ts';

/** One sentence about the items that give nothing to compare with; null when there is none. */
export function ungradableSentence(grader: GraderType, ungradable: number, items: number): string | null {
  if (ungradable === 0) return null;
  const one = ungradable === 1;
  return grader === 'number'
    ? `${of(ungradable, items)} ${one ? 'has no number in its expected answer and is' : 'have no number in their expected answer and are'} not asked.`
    : `${of(ungradable, items)} ${one ? 'has an empty expected answer and is' : 'have an empty expected answer and are'} not asked.`;
}

/** One sentence about items that the model was trained on; null when there is none, or nobody knows. */
export function trainedOnSentence(trainedOn: TrainedOn | undefined, items: number): string | null {
  const { same = 0, near = 0 } = trainedOn ?? {};
  if (same + near === 0) return null;
  const what =
    same === 0
      ? `${of(near, items)} ${near === 1 ? 'is' : 'are'} nearly the same as examples in the model's training file`
      : near === 0
        ? `${of(same, items)} ${same === 1 ? 'is' : 'are'} in the model's training file`
        : `${of(same, items)} ${same === 1 ? 'is' : 'are'} in the model's training file, and ${count(near)} ${near === 1 ? 'is' : 'are'} nearly the same as examples there`;
  return `${what}: these figures do not tell how it does on new items.`;
}

const PARAMETERS: Readonly<Record<Exclude<SamplingParameter, 'max_tokens'>, string>> = {
  temperature: 'temperature',
  seed: 'seed',
};

/** `temperature and seed left out: o4-mini does not accept them`; null when everything is sent. */
export function leftOutInWords(model: string, leftOut: readonly SamplingParameter[] | undefined): string | null {
  const names = (leftOut ?? []).flatMap((parameter) => (parameter === 'max_tokens' ? [] : [PARAMETERS[parameter]]));
  if (names.length === 0) return null;
  return `${names.join(' and ')} left out: ${model} does not accept ${names.length === 1 ? 'it' : 'them'}`;
}

/** What is not sent to the models of a run, model by model; models that refuse the same are named once each. */
export function allLeftOut(contestants: readonly Pick<Contestant, 'model' | 'label' | 'leftOut'>[]): readonly string[] {
  return contestants.flatMap(({ model, label, leftOut }) => leftOutInWords(model ?? label, leftOut) ?? []);
}

function of(part: number, items: number): string {
  return `${count(part)} of ${plural(items, 'item')}`;
}
