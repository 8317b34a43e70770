// Curves with a known truth, seeded, for tests of the verdicts on pages and elsewhere.
import type { MetricPoint } from '../../../src/core/training/job.ts';
import { metricPoint, randomNumbers } from './states.ts';

export type CurveShape = 'improving' | 'flat' | 'worse' | 'noisy' | 'few';

/** Points of a job of 600 steps: training falls, validation by the shape, a full validation each 50 steps (few: three in all). */
export function shapedCurve(shape: CurveShape, until = 600, total = 600): readonly MetricPoint[] {
  const random = randomNumbers(5);
  const noise = (): number => random() + random() + random() - 1.5;
  const level = (step: number): number => {
    const x = step / total;
    switch (shape) {
      case 'improving':
        return 2.4 - 1.2 * x;
      case 'flat':
        return 1.2 + 1.2 * Math.max(0, 1 - x / 0.4);
      case 'worse':
        return 1.2 + 1.2 * Math.max(0, 1 - x / 0.4) + 1.1 * Math.max(0, x - 0.4);
      default:
        return 1.4;
    }
  };
  return Array.from({ length: until }, (_, index) => {
    const step = index + 1;
    const at = level(step);
    const isNoisy = shape === 'noisy';
    const trainLoss = isNoisy ? 1.2 * -Math.log(1 - random() * 0.999) : 2.3 - (1.6 * step) / total + 0.1 * noise();
    const isFull = step % (shape === 'few' ? total / 3 : 50) === 0;
    return metricPoint(step, {
      totalSteps: total,
      trainLoss,
      ...(shape === 'few' ? {} : { validLoss: isNoisy ? 1.4 * -Math.log(1 - random() * 0.999) : at + 0.08 * noise() }),
      ...(isFull ? { fullValidLoss: at + 0.03 * noise() } : {}),
    });
  });
}
