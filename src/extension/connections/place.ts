import { hostOf } from '../../core/provider/addresses.ts';
import type { Connection } from '../../core/provider/connection.ts';
import { t } from '../../core/base/messages.ts';

/** Place where the jobs of a connection are trained, for its row in a tree. */
export function placeInWords({ kind, baseUrl }: Connection): string {
  if (kind === 'local') return t('this machine');
  return kind === 'ray' ? t('Ray at {0}', hostOf(baseUrl)) : hostOf(baseUrl);
}

export function connectionIcon({ kind }: Connection): string {
  if (kind === 'local') return 'device-desktop';
  return kind === 'ray' ? 'server' : 'cloud';
}
