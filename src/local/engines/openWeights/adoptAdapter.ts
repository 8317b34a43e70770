import { constants } from 'node:fs';
import { copyFile, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readAdvanced } from '../../../core/training/advanced.ts';
import { CONFIG, readAdapter, type Adapter } from '../../../openWeights/adapter.ts';
import { baseOf } from '../../../openWeights/adapterBase.ts';
import type { OpenWeightsModel } from '../../../openWeights/registry.ts';
import type { Problem } from '../../../core/base/result.ts';
import { ApiError } from '../../server/apiError.ts';
import type { AdoptedAdapter } from '../adoptedAdapter.ts';
import type { Adapters } from './adapterFolder.ts';

/** Checks an adapter that was trained elsewhere and copies it, file by file, into the folder of a job. See `EngineHost.adopt`. */
export async function adoptAdapter(
  adapters: Adapters,
  models: readonly OpenWeightsModel[],
  { jobId, folder, signal }: { readonly jobId: string; readonly folder: string; readonly signal: AbortSignal },
): Promise<AdoptedAdapter> {
  const adapter = await readAdapter(folder);
  if (!adapter.ok) throw refused(adapter.error);
  const base = await baseOf(adapter.value, models, process.env);
  if (!base.ok) throw refused(base.error);
  const { id, source, revision } = base.value;
  const target = adapters.beginImport(jobId);
  try {
    await copyFiles(adapter.value, target, signal);
    await writeFile(path.join(target, CONFIG), JSON.stringify(configOf(adapter.value, base.value)), { mode: 0o600 });
    await syncFiles([...adapter.value.files], target);
    signal.throwIfAborted();
    const { rank, alpha, targetModules } = adapter.value;
    return {
      base: id,
      bytes: adapters.keep(target, { source, revision, step: 0 }),
      advanced: readAdvanced({ lora_rank: rank, lora_alpha: alpha, target_modules: targetModules }),
    };
  } catch (error) {
    adapters.settleImport(jobId, false);
    throw error;
  }
}

async function copyFiles({ folder, files }: Adapter, target: string, signal: AbortSignal): Promise<void> {
  for (const name of files) {
    signal.throwIfAborted();
    if (name !== CONFIG) await copyFile(path.join(folder, name), path.join(target, name), constants.COPYFILE_FICLONE);
  }
}

async function syncFiles(files: readonly string[], target: string): Promise<void> {
  for (const name of files) {
    const handle = await open(path.join(target, name), 'r+');
    await handle.sync().finally(() => handle.close());
  }
}

/** Configuration that names the base of this machine, and no class to import. */
function configOf({ config }: Adapter, { source, revision }: OpenWeightsModel): object {
  return { ...config, base_model_name_or_path: source, revision, auto_mapping: null, inference_mode: true };
}

function refused({ code, message, action }: Problem): ApiError {
  return new ApiError(400, code.replaceAll('-', '_'), `${message} ${action}`, 'folder');
}
