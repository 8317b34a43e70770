// *Import Dataset from the Hub…*: nothing is asked of the hub before an id was entered, nothing is downloaded before *Import*.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { bytesInWords } from '../../../core/base/bytes.ts';
import { t } from '../../../core/base/messages.ts';
import { datasetId } from '../../../core/dataset/hub/datasetId.ts';
import type { HubSource } from '../../../core/dataset/hub/origin.ts';
import { HubError, offline } from '../../../hub/hubProblems.ts';
import type { Hub } from '../../../hub/hubClient.ts';
import { lookUp, sizesOf, type DatasetPart, type HubDataset } from '../../../hub/hubDataset.ts';
import { download, downloadsFolder, readRange, requireRoom } from '../../../hub/hubDownload.ts';
import { hubOf } from '../../../openWeights/downloads.ts';
import type { HubImport } from '../../../protocol/hubWorker.ts';
import { COMMANDS } from '../../contributions.ts';
import { withHubToken } from '../../openWeights/hubToken.ts';
import { task } from '../../openWeights/shared.ts';
import type { Services } from '../../services.ts';
import { Cancelled, inert, ProblemError } from '../../ui/errors.ts';
import { stepUi } from '../../ui/multiStep.ts';
import { runSummaryWizard } from '../../ui/summaryWizard.ts';
import { requireTrust } from '../../ui/trust.ts';
import type { Report } from '../../ui/ui.ts';
import { toPath } from '../files.ts';
import { importText } from './importedText.ts';
import { runHubJob } from './hubThread.ts';
import {
  downloadBytes,
  LOOKED_FILES,
  neededFiles,
  writtenBytes,
  type ImportPlan,
  type MeasuredPart,
} from './importPlan.ts';
import { askPart, importWizard, planFor } from './importSteps.ts';
import { tidyUp } from './tidyUp.ts';

export type ImportServices = Pick<Services, 'context' | 'folder' | 'log' | 'ui'>;

/** Failures after which a download goes on where it stopped. */
const GOES_ON: ReadonlySet<string> = new Set(['no-network', 'hub-busy', 'hub-error', 'hub-refused', 'no-disk']);
/** Largest file that VS Code opens for extensions. */
const MAX_OPEN = 50e6;
/** Milliseconds after which downloads of a window that was closed in the middle are deleted. */
const STALE_MS = 7 * 24 * 3600 * 1000;

/** @param thread the bundle of the thread, or its source in tests; @param pause for tests, see `Hub` */
export async function importDataset(
  services: ImportServices,
  [clicked]: readonly unknown[],
  thread: string | URL = path.join(services.context.extensionPath, 'dist/hubWorker.js'),
  pause?: Hub['pause'],
): Promise<void> {
  requireTrust();
  if (/^(?:1|on|yes|true)$/i.test((process.env['HF_HUB_OFFLINE'] ?? '').trim())) throw new ProblemError(offline());
  const { ui } = services;
  const url = hubOf(process.env);
  const folder = clicked instanceof vscode.Uri ? toPath(clicked) : workspaceFolder();
  const title = t('Import Dataset from the Hub');
  const id = await askId(services, url, title);
  const { dataset, hub } = await look(services, { url, dataset: id, ...(pause === undefined ? {} : { pause }) });
  const measure = (of: HubDataset, part: DatasetPart): Promise<MeasuredPart> =>
    measurePart(services, hub, of, part, thread);
  const [only, ...others] = dataset.parts;
  const part =
    only === undefined || others.length > 0 ? await askPart(dataset, stepUi(ui, title, { canGoBack: false })) : only;
  const proposed = planFor(dataset, await measure(dataset, part), folder);
  const host = new URL(url).host;
  const plan = await runSummaryWizard(ui, importWizard({ ui, host, folder, measure }), proposed);
  await carryOut(services, hub, plan, thread);
}

/** First folder of the workspace that is on disk. */
function workspaceFolder(): string | null {
  return vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file')?.uri.fsPath ?? null;
}

async function askId({ ui }: ImportServices, hub: string, title: string): Promise<string> {
  const typed = await ui.input({
    title,
    prompt: t('Id of the dataset at {0}, or the address of its page', new URL(hub).host),
    placeHolder: 'HuggingFaceH4/no_robots',
    ignoreFocusOut: true,
    validateInput: (value) =>
      datasetId(value, hub) === null ? t('Enter an id such as owner/name, or its page.') : null,
  });
  const id = typed === undefined ? null : datasetId(typed, hub);
  if (id === null) throw new Cancelled();
  return id;
}

/** Asks the hub for the dataset; one that asks for a token is asked for again with one. */
async function look(
  services: ImportServices,
  wanted: Omit<Hub, 'token'>,
): Promise<{ readonly dataset: HubDataset; readonly hub: Hub }> {
  return await withHubToken(services, async (token) => {
    const hub = { ...wanted, token };
    const dataset = await hubTask(services, hub, t('Looking at {0}', wanted.dataset), async (signal) => {
      const found = await lookUp(hub, signal);
      // A gated dataset tells what it is to everybody, and gives its rows to few: better now than after all questions.
      if (found.gated && found.parts[0] !== undefined)
        await sizesOf(hub, { ...found.parts[0], files: found.parts[0].files.slice(0, 1) }, signal);
      return found;
    });
    return { dataset, hub: { ...hub, dataset: dataset.id } };
  });
}

/** Sizes, rows and the first rows of a part, without downloading it. */
async function measurePart(
  services: ImportServices,
  hub: Hub,
  { id }: HubDataset,
  part: DatasetPart,
  thread: string | URL,
): Promise<MeasuredPart> {
  return await hubTask(services, hub, t('Looking at {0} of {1}', part.split, id), async (signal) => {
    const sized = await sizesOf(hub, part, signal);
    const looked = sized.slice(0, LOOKED_FILES);
    const found = await runHubJob(
      thread,
      { job: 'look', format: part.format, sizes: looked.map(({ bytes }) => bytes) },
      {
        signal,
        read: async (index, start, end, until) => {
          const file = looked[index];
          if (file === undefined) throw new Error('There is no such file');
          return await readRange(hub, file, { start, end }, until);
        },
      },
    );
    return { ...part, sized, look: found };
  });
}

async function carryOut(services: ImportServices, hub: Hub, plan: ImportPlan, thread: string | URL): Promise<void> {
  const { target } = plan;
  if (target === null) return;
  const root = downloadsFolder(services.folder);
  await removeStale(root);
  const folder = path.join(root, randomBytes(8).toString('hex'));
  const mark = `.${randomBytes(6).toString('hex')}.tmp`;
  const isNew = !existsSync(target);
  try {
    const files = await downloadAll(services, hub, plan, folder);
    const result = await task(services, t('Importing {0}', path.basename(target)), async (signal, report) =>
      runHubJob(
        thread,
        {
          job: 'import',
          format: plan.part.format,
          files,
          mapping: plan.mapping,
          limit: plan.limit,
          target,
          mark,
          source: sourceOf(hub, plan),
        },
        {
          signal,
          onProgress: (share) => {
            report(t('Converting the rows…'), share);
          },
        },
      ),
    );
    services.log.info(`Imported ${String(result.converted)} of ${String(result.read)} rows of ${plan.dataset.id}`);
    await tellImported(services, target, result);
  } finally {
    await tidyUp(target, { mark, isNew });
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Downloads the files that are needed; a download that broke goes on when the user wants it to. */
async function downloadAll(
  services: ImportServices,
  hub: Hub,
  plan: ImportPlan,
  folder: string,
): Promise<readonly string[]> {
  const files = neededFiles(plan);
  const total = downloadBytes(plan);
  const targets = files.map((_, index) => path.join(folder, `part-${String(index + 1)}.${plan.part.format}`));
  for (;;) {
    try {
      await hubTask(services, hub, t('Downloading {0}', plan.dataset.id), async (signal, report) => {
        // Not once: *Clear Data…* may have deleted it since the last try.
        await mkdir(folder, { recursive: true });
        await requireRoom(
          { folder, bytes: total - (await bytesIn(folder)) },
          { folder: path.dirname(plan.target ?? folder), bytes: writtenBytes(plan) },
        );
        let before = 0;
        for (const [index, file] of files.entries()) {
          await download(hub, file, targets[index] ?? '', signal, (done) => {
            const all = before + done;
            report(t('{0} of {1}', bytesInWords(all), bytesInWords(total)), all / Math.max(1, total));
          });
          before += file.bytes;
        }
      });
      return targets;
    } catch (error) {
      const problem = error instanceof ProblemError ? error.problem : null;
      if (problem === null || !GOES_ON.has(problem.code)) throw error;
      services.log.warn(`Download of ${plan.dataset.id}: ${problem.code}`);
      const again = t('Continue Download');
      if ((await services.ui.notify('error', inert(`${problem.message} ${problem.action}`), again)) !== again)
        throw new Cancelled();
    }
  }
}

async function bytesIn(folder: string): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map((name) => stat(path.join(folder, name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

function sourceOf({ url }: Hub, { dataset, part, mapping, limit }: ImportPlan): HubSource {
  const files = neededFiles({ part, limit });
  return {
    hub: url,
    dataset: dataset.id,
    revision: dataset.revision,
    parquetRevision: part.config === null ? null : (files[0]?.commit ?? null),
    config: part.config,
    split: part.split,
    license: dataset.license,
    gated: dataset.gated,
    importedAt: new Date().toISOString(),
    limit,
    mapping: mapping === null ? { form: part.look.preview?.form ?? null } : { columns: mapping },
    files: files.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })),
  };
}

async function tellImported({ ui }: ImportServices, target: string, result: HubImport): Promise<void> {
  const uri = vscode.Uri.file(target);
  if (result.bytes <= MAX_OPEN) await vscode.commands.executeCommand('vscode.open', uri);
  const report = t('Show Dataset Report');
  // Not awaited: the command is over.
  void ui.notify('information', inert(importText(path.basename(target), result)), report).then(async (choice) => {
    if (choice === report) await vscode.commands.executeCommand(COMMANDS.showReport, uri);
  });
}

/** A task whose failures have words and, where there is one, the button that helps. */
async function hubTask<T>(
  services: ImportServices,
  { url, dataset }: Hub,
  title: string,
  run: (signal: AbortSignal, report: Report) => Promise<T>,
): Promise<T> {
  try {
    return await task(services, title, run);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const page = {
      title: t('Open Page'),
      run: async () => {
        await services.ui.openExternal(vscode.Uri.parse(`${url}/datasets/${dataset}`));
      },
    };
    throw new ProblemError(error.problem, PAGE.has(error.problem.code) ? page : undefined);
  }
}

/** Failures that the dataset's page explains or mends. */
const PAGE: ReadonlySet<string> = new Set(['gated', 'no-rows', 'needs-code', 'disabled', 'too-many-files']);

/** Deletes downloads that a window left behind when it was closed in the middle. */
async function removeStale(root: string): Promise<void> {
  const names = await readdir(root).catch(() => []);
  for (const name of names) {
    const file = path.join(root, name);
    const found = await stat(file).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > STALE_MS) await rm(file, { recursive: true, force: true });
  }
}
