import { readNumber } from '../../evaluation/readNumber.ts';
import type { CurveMeasurement } from './measurement.ts';

/** Error of a reply: the distance of its number, or 0 right and 1 wrong. A reply without a number is as wrong as zero. */
export function answerError(reply: string, answer: string, kind: CurveMeasurement['kind']): number {
  if (kind === 'texts') return reply.trim() === answer.trim() ? 0 : 1;
  return Math.abs((readNumber(reply) ?? 0) - (readNumber(answer) ?? 0));
}
