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

/** The method with the hyperparameters that the engine has decided on. */
export function withHyperparameters(
  method: WireMethod,
  hyperparameters: WireHyperparameters,
  beta: number | undefined,
): WireMethod {
  switch (method.type) {
    case 'supervised':
      return { type: 'supervised', supervised: { hyperparameters } };
    case 'dpo':
      return { type: 'dpo', dpo: { hyperparameters: { ...hyperparameters, ...(beta === undefined ? {} : { beta }) } } };
    case 'reinforcement':
      return { type: 'reinforcement', reinforcement: { ...method.reinforcement, hyperparameters } };
  }
}
