import { RAY_TOKEN } from '../core/provider/rayToken.ts';

/** Variables that would lead Python or pip elsewhere, and tokens that only a download may get, which is then given its own. */
const DROPPED: ReadonlySet<string> = new Set([
  ...['PYTHONPATH', 'PYTHONHOME', 'VIRTUAL_ENV', 'CONDA_PREFIX', 'PIP_USER', 'PIP_TARGET', 'PIP_PREFIX'],
  ...['PIP_REQUIRE_VIRTUALENV', 'HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'ELECTRON_RUN_AS_NODE'],
  RAY_TOKEN,
]);

/**
 * Environment of every Python that the product starts, and of the programs that look for one: set-up, Doctor, downloads, training and answering. Proxies, package indexes and
 * the place of the hub's cache (HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_HUB_OFFLINE) stay.
 */
export function cleanEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    // Names are the same in any case on Windows.
    ...Object.fromEntries(Object.entries(env).filter(([name]) => !DROPPED.has(name.toUpperCase()))),
    // Nor the token that a login at the hub has saved in a file.
    HF_HUB_DISABLE_IMPLICIT_TOKEN: '1',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    PYTHONUNBUFFERED: '1',
    PYTHONIOENCODING: 'utf-8',
  };
}
