import { t } from '../../../core/base/messages.ts';
import { decimals } from '../../../core/base/numbers.ts';
import { formatDuration } from '../../../core/training/words/describe.ts';
import type { Figures } from '../../../openWeights/estimate.ts';
import { bytesInWords } from '../../../core/base/bytes.ts';
import type { Choice } from '../../ui/multiStep.ts';
import { plainText } from '../../ui/plainText.ts';
import { canMeasure, measuredOf, type Measured, type TuningPlan } from './tuningPlan.ts';

/** Line of the summary about time and memory; none where another machine trains, or the baseline, which takes seconds. */
export function measureRow(plan: TuningPlan): readonly Choice<string>[] {
  if (!canMeasure(plan)) return [];
  return [{ label: t('Time and memory'), description: inWords(measuredOf(plan)), value: 'measure' }];
}

/** Estimated time of a whole sweep, by the measured time of one training; null while that is not measured. */
export function timeOfRuns(plan: TuningPlan, epochsOfRuns: readonly number[], measuredEpochs: number): string | null {
  const told = measuredOf(plan);
  if (told?.kind !== 'figures' || told.figures.seconds === null) return null;
  const epochs = epochsOfRuns.reduce((sum, count) => sum + count, 0);
  return roughly((told.figures.seconds * epochs) / measuredEpochs);
}

/** A duration without more digits than an estimate has. */
function roughly(seconds: number): string {
  return formatDuration(seconds < 60 ? Math.max(1, seconds) : Math.round(seconds / 60) * 60);
}

function inWords(told: Measured['told'] | null): string {
  if (told === null) return t('measure here before the start…');
  if (told.kind === 'refused') return plainText(told.problem.message);
  const { memoryNeeded, memoryAvailable } = told.figures;
  const memory = t('{0} of memory of {1} free', bytesInWords(memoryNeeded), bytesInWords(memoryAvailable));
  return `${timeInWords(told.figures)} · ${memory}`;
}

/** `about 4 min at 225 tokens/s on the CPU`. */
function timeInWords({ seconds, tokensPerSecond, device }: Figures): string {
  if (seconds === null) return t('time not known');
  const time = roughly(seconds);
  if (tokensPerSecond === null)
    return device === 'cpu' ? t('about {0} on the CPU', time) : t('about {0} on the GPU', time);
  const speed = decimals(tokensPerSecond, 0, tokensPerSecond < 10 ? 1 : 0);
  return device === 'cpu'
    ? t('about {0} at {1} tokens/s on the CPU', time, speed)
    : t('about {0} at {1} tokens/s on the GPU', time, speed);
}
