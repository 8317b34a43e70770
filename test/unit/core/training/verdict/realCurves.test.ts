import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { metricSeries, seriesByName } from '../../../../../src/core/training/curves/series.ts';
import type { JobEvent } from '../../../../../src/core/training/job.ts';
import { parseEvent } from '../../../../../src/core/training/parseEvent.ts';
import { judgeCurve } from '../../../../../src/core/training/verdict/judge.ts';
import { curveSentence } from '../../../../../src/core/training/verdict/sentence.ts';
import { betterOf } from '../../../../../src/core/training/verdict/seriesNames.ts';
import { drawFrom } from '../../../../support/statistics/curves.ts';

describe('a job of 500 examples, one a step, one epoch', () => {
  const n = 500;
  const { uniform } = drawFrom(11);
  const steps = Float64Array.from({ length: n }, (_, i) => i + 1);
  /** Losses of single examples are as wide as their level. */
  const losses = (): Float64Array => steps.map(() => -Math.log(1 - uniform()));

  it.each(['train_loss', 'valid_loss'])('is too noisy to say, with its bound: %s', (series) => {
    const verdict = judgeCurve(steps, losses());
    expect(verdict.code).toBe('too-noisy');
    expect(verdict.bound).toBeGreaterThan(0.2);
    expect(verdict.bound).toBeLessThan(0.8);
    expect(curveSentence(verdict, { series })).toBe(
      `Too noisy to say: a change of up to ${String(Math.round((verdict.bound ?? 0) * 100))}% could hide.`,
    );
  });

  it('has one full validation, which is a fact and no claim', () => {
    const verdict = judgeCurve([500], [1.14]);
    expect(verdict).toMatchObject({ code: 'few-points', best: { step: 500, value: 1.14 } });
    expect(curveSentence(verdict, { series: 'full_valid_loss' })).toBe(
      '1 value is too few to say; the lowest is 1.14 at step 500.',
    );
  });
});

const folder = process.env['TUNING_FORK_DATA_DIR'];
const file = path.join(folder ?? '', 'openai', 'gdpr_gpt41nano_55_06_events.json');
const isThere = folder !== undefined && existsSync(file);

describe.skipIf(!isThere)('the curve of a real job', () => {
  it('has a sentence for each of its series', () => {
    const events = (JSON.parse(readFileSync(file, 'utf8')) as readonly unknown[]).flatMap((value): JobEvent[] => {
      const event = parseEvent(value);
      return event.ok ? [event.value] : [];
    });
    const told = [...seriesByName(metricSeries(events))].map(([name, points]) => {
      const verdict = judgeCurve(
        points.map(({ step }) => step),
        points.map(({ value }) => value),
        { better: betterOf(name) },
      );
      return `${name}, ${String(points.length)}: ${curveSentence(verdict, { series: name })}`;
    });
    expect(told).toMatchInlineSnapshot(`
      [
        "train_loss, 5: 5 values show no change that chance does not explain; the lowest is 0.660 at step 54.",
        "valid_loss, 5: 5 values show no change that chance does not explain; the lowest is 0.677 at step 54.",
        "train_mean_token_accuracy, 5: 5 values show no change that chance does not explain; the highest is 0.826 at step 54.",
        "valid_mean_token_accuracy, 5: 5 values show no change that chance does not explain; the highest is 0.842 at step 54.",
        "full_valid_loss, 1: 1 value is too few to say; the lowest is 0.729 at step 55.",
        "full_valid_mean_token_accuracy, 1: 1 value is too few to say; the highest is 0.812 at step 55.",
      ]
    `);
  });
});
