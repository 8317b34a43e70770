import * as z from 'zod/mini';
import type { TrainedOn } from './job.ts';
import { record, text } from './wire.ts';

const positive = z.catch(z.nullable(z.number().check(z.refine((value) => Number.isFinite(value) && value > 0))), null);

/** Reads what a server tells of the training itself; undefined for servers that tell nothing. What is 0 there was not measured. */
export function readTrainedOn(value: unknown): TrainedOn | undefined {
  const told = record.parse(value);
  const facts: TrainedOn = {
    device: text.parse(told['device']),
    devices: positive.parse(told['devices']),
    workers: positive.parse(told['workers']),
    nodes: positive.parse(told['nodes']),
    peakMemory: positive.parse(told['peak_memory']),
    seconds: positive.parse(told['seconds']),
  };
  return Object.values(facts).every((fact) => fact === null) ? undefined : facts;
}
