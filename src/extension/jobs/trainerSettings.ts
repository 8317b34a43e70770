import { settingsInWords, type SettingInWords } from '../../core/training/words/advancedText.ts';
import type { JobRecord } from '../../jobs/store/jobRecord.ts';

/** Settings of the open-weights trainer of a job, with those of its request; empty for every other job. */
export function trainerSettings({ job, local }: JobRecord): readonly SettingInWords[] {
  if (job.advanced === undefined) return [];
  // A request that is known and had none asked for the defaults.
  const asked = local.askedAdvanced ?? (local.askedHyperparameters === null ? null : {});
  return settingsInWords(job.advanced, asked);
}
