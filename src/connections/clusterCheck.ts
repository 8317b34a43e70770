// A look at a Ray cluster before anything is trained on it: one request that creates nothing.
import * as z from 'zod/mini';
import { hostOf } from '../core/provider/addresses.ts';
import { fail, ok, type Result } from '../core/base/result.ts';
import { t } from '../core/base/messages.ts';

const TIMEOUT_MS = 10_000;
const versionSchema = z.object({ ray_version: z.string() });

/**
 * Reads the version of Ray at a dashboard.
 * @param address base address of the dashboard
 * @param token null: it needs none
 */
export async function readRayVersion(
  address: string,
  token: string | null,
  signal?: AbortSignal,
): Promise<Result<string>> {
  const host = hostOf(address);
  let response: Response;
  try {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    response = await fetch(`${address}/api/version`, {
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      // The token is for this origin only.
      redirect: 'error',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    return fail({
      code: 'no-cluster',
      message: t('The Ray dashboard at {0} does not answer.', host),
      action: t('Start the cluster or the tunnel to it, or correct the address.'),
    });
  }
  if (response.status === 401 || response.status === 403) {
    return fail({
      code: 'bad-token',
      message: t('The Ray dashboard at {0} refuses the token.', host),
      action: t('Set the token with "Set API Key…".'),
    });
  }
  const body: unknown = response.ok ? await response.json().catch(() => null) : null;
  const version = versionSchema.safeParse(body);
  return version.success
    ? ok(version.data.ray_version)
    : fail({
        code: 'no-cluster',
        message: t('The address {0} does not answer as a Ray dashboard does.', host),
        action: t(
          'Enter the address of the dashboard, such as {0}.',
          'https://ray.example.com or http://127.0.0.1:8265',
        ),
      });
}
