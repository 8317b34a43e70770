import type { SettingInWords } from '../../../core/training/words/advancedText.ts';
import { trainedOnInWords } from '../../../core/training/words/trainedOnText.ts';
import type { JobRecord } from '../../../jobs/store/jobRecord.ts';
import { trainerSettings } from '../trainerSettings.ts';

/** Settings of the open-weights trainer of a job, and what its training used. */
export function settingsAndUse(record: JobRecord): readonly SettingInWords[] {
  const used = trainedOnInWords(record.job).map(([title, value]) => ({ title, value, asked: null }));
  return [...trainerSettings(record), ...used];
}
