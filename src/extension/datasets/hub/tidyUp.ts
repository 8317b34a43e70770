import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { originFileOf } from '../../../core/dataset/hub/origin.ts';

/**
 * Cleans up after the thread of an import. A canceled one ended anywhere: in the middle of a file, between the two renames that replace
 * one, or between the dataset and its origin, which is put in place last.
 * @param isNew nothing was at `target` before the import
 */
export async function tidyUp(
  target: string,
  { mark, isNew }: { readonly mark: string; readonly isNew: boolean },
): Promise<void> {
  const origin = originFileOf(target);
  const isHalf = existsSync(origin + mark) && !existsSync(target + mark);
  if (isHalf && isNew) await rm(target, { force: true });
  for (const file of [target, origin]) {
    await rm(file + mark, { force: true });
    const earlier = `${file}${mark}.old`;
    if (existsSync(earlier) && (isHalf || !existsSync(file))) await rename(earlier, file);
    await rm(earlier, { force: true });
  }
}
