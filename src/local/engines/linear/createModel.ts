import type { PromptFrame } from './features.ts';
import { FeatureSpace } from './features.ts';
import { LinearModel } from './model.ts';
import type { PreparedExample } from './prepare.ts';
import { MOST_FEATURES } from './settings.ts';

/** Creates a model with the features and answers of these examples and no weights yet: the unconditional one. */
export function createModel(prepared: readonly PreparedExample[], frame: PromptFrame, asWords: boolean): LinearModel {
  const targets = prepared.flatMap((example) => example.targets);
  const space = FeatureSpace.fit(
    targets.map((target) => target.features),
    MOST_FEATURES,
  );
  return new LinearModel(space, frame, asWords, LinearModel.answersOf(targets.map((target) => target.pieces)));
}
