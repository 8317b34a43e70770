import type { AdvancedSettings } from '../../core/training/job.ts';
import type { WireHyperparameters, WireMethod } from '../server/wire.ts';
import type { OrderedMethod } from './trainingMessages.ts';

/** Method of a job as engines take it. */
export function orderedMethod(method: WireMethod): OrderedMethod {
  switch (method.type) {
    case 'supervised':
      return { type: 'supervised', beta: null, grader: null };
    case 'dpo':
      return { type: 'dpo', beta: method.dpo.hyperparameters.beta ?? 'auto', grader: null };
    case 'reinforcement':
      return { type: 'reinforcement', beta: null, grader: method.reinforcement.grader };
  }
}

/** Method with the settings that the engine has decided on; `advanced` undefined: the engine has none. */
export function withHyperparameters(
  method: WireMethod,
  hyperparameters: WireHyperparameters,
  { beta, advanced }: { readonly beta: number | undefined; readonly advanced: AdvancedSettings | undefined },
): WireMethod {
  switch (method.type) {
    case 'supervised':
      return { type: 'supervised', supervised: { hyperparameters, advanced } };
    case 'dpo':
      return {
        type: 'dpo',
        dpo: { hyperparameters: { ...hyperparameters, ...(beta === undefined ? {} : { beta }) }, advanced },
      };
    case 'reinforcement':
      return { type: 'reinforcement', reinforcement: { ...method.reinforcement, hyperparameters, advanced } };
  }
}
