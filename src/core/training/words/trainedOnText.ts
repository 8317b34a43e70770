import { bytesInWords } from '../../base/bytes.ts';
import { t } from '../../base/messages.ts';
import { decimals } from '../../base/numbers.ts';
import { untrustedText } from '../../base/untrustedText.ts';
import type { Job, TrainedOn } from '../job.ts';

/** Characters of a device's name that are shown. */
const SHOWN = 40;

/** `CPU`, `2 × CUDA`; null when unknown. */
export function deviceInWords({ device, devices }: Pick<TrainedOn, 'device' | 'devices'>): string | null {
  if (device === null) return null;
  const name = ['cpu', 'cuda', 'mps'].includes(device) ? device.toUpperCase() : untrustedText(device, [], SHOWN);
  return devices === null || devices === 1 ? name : t('{0} × {1}', devices, name);
}

/** Trained tokens by the seconds of the whole training; null where one of them is not known. */
export function tokensPerSecond({ trainedTokens, trainedOn }: Pick<Job, 'trainedTokens' | 'trainedOn'>): number | null {
  const seconds = trainedOn?.seconds ?? null;
  return trainedTokens === null || seconds === null ? null : trainedTokens / seconds;
}

/** `64 tokens/s`. */
export function speedInWords(tokens: number): string {
  return t('{0} tokens/s', decimals(tokens, 0, tokens < 10 ? 1 : 0));
}

/** What a job's training used, by title and value; what is not known is left out. */
export function trainedOnInWords(
  job: Pick<Job, 'trainedTokens' | 'trainedOn'>,
): readonly (readonly [string, string])[] {
  const { trainedOn } = job;
  if (trainedOn === undefined) return [];
  const { workers, nodes, peakMemory } = trainedOn;
  const speed = tokensPerSecond(job);
  const rows: readonly (readonly [string, string | null])[] = [
    [t('Device'), deviceInWords(trainedOn)],
    [t('Workers'), workers === null ? null : String(workers)],
    [t('Nodes'), nodes === null ? null : String(nodes)],
    [t('Speed of the whole training'), speed === null ? null : speedInWords(speed)],
    [t('Peak memory'), peakMemory === null ? null : bytesInWords(peakMemory)],
  ];
  return rows.flatMap(([title, value]) => (value === null ? [] : [[title, value] as const]));
}
