import { readFile, stat } from 'node:fs/promises';
import { t } from '../../../core/base/messages.ts';
import { day } from '../../../core/base/times.ts';
import { untrustedText } from '../../../core/base/untrustedText.ts';
import { originFileOf, parseOrigin, type OriginFacts } from '../../../core/dataset/hub/origin.ts';
import { hashOfFile } from '../../../jobs/start/snapshot.ts';

/** Bytes of a file that may be the record of an origin. */
const MAX_BYTES = 1e6;

/** A dataset's origin in words, by the record beside it; null when there is none. */
export async function originOfFile(dataset: string, signal: AbortSignal): Promise<string | null> {
  const file = originFileOf(dataset);
  const found = await stat(file).catch(() => null);
  if (found?.isFile() !== true || found.size > MAX_BYTES) return null;
  const origin = parseOrigin(await readFile(file, 'utf8').catch(() => ''));
  signal.throwIfAborted();
  return origin === null ? null : wordsOf(origin, await isUnchanged(dataset, origin, signal));
}

async function isUnchanged(dataset: string, { file }: OriginFacts, signal: AbortSignal): Promise<boolean> {
  const found = await stat(dataset).catch(() => null);
  return found?.size === file.bytes && (await hashOfFile(dataset, signal)) === file.sha256;
}

function wordsOf({ dataset, revision, config, split, license, importedAt }: OriginFacts, isSame: boolean): string {
  const [id, part, commit] = [
    untrustedText(dataset, [], 200),
    untrustedText(config === null ? split : `${config} · ${split}`, [], 200),
    untrustedText(revision.slice(0, 10)),
  ];
  const named = license === null ? t('license not named') : t('license {0}', untrustedText(license, [], 100));
  const date = importedAt === null ? '-' : day(importedAt);
  return isSame
    ? t('imported from the Hub: {0}, {1}, commit {2}, {3}, on {4}', id, part, commit, named, date)
    : t('imported from the Hub: {0}, {1}, commit {2}, {3}, on {4}; changed since', id, part, commit, named, date);
}
