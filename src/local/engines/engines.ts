import type { Engine } from './engine.ts';
import { LinearEngine } from './linear/linearEngine.ts';

/** List of the engines. A second one (open weights) takes its place beside the first. */
export function createEngines(): readonly Engine[] {
  return [new LinearEngine()];
}
