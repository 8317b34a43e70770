import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { bytesInWords } from '../../../core/base/bytes.ts';
import { t, tn } from '../../../core/base/messages.ts';
import type { Result } from '../../../core/base/result.ts';
import type { ExportForm } from '../../../core/training/card/cardInput.ts';
import { hubOf, takesToken } from '../../../openWeights/downloads.ts';
import type { Exported } from '../../../openWeights/exportModel.ts';
import { placesIn } from '../../../openWeights/places.ts';
import { OpenWeightsError } from '../../../openWeights/problems.ts';
import {
  accountOf,
  isRepository,
  PushCancelled,
  pushToHub as send,
  unsafeHub,
  type Account,
  type PushRequest,
} from '../../../openWeights/pushToHub.ts';
import { Cancelled, inert, ProblemError } from '../../ui/errors.ts';
import type { Report, Ui } from '../../ui/ui.ts';
import { askHubToken, hubToken } from '../hubToken.ts';
import { task } from '../shared.ts';
import { askForm, folderName, readyModel, writeExport, type ExportServices, type ReadyModel } from './writeExport.ts';

/** Names that a list in the modal has at most; a model has some ten files. */
const SHOWN_FILES = 40;

/**
 * *Push to the Hub…*: writes a model as *Export Model…* does, says account, repository and every file with its size, and sends that after a
 * yes; for a public repository it asks a second time.
 */
export async function pushToHub(services: ExportServices, arg?: unknown): Promise<void> {
  const { ui, folder, log } = services;
  const hub = hubOf(process.env);
  const ready = await readyModel(services, arg, t('Push to the Hub'));
  if (!takesToken(hub)) throw new ProblemError(unsafeHub(hub));
  const form = await askForm(ui, t('Push to the Hub'), ready, ['adapter', 'merged']);
  const token =
    (await hubToken(services)) ?? (await askHubToken(services, t('A push needs a token with the right to write.')));
  if (token === null) throw new Cancelled();
  const again = async (): Promise<void> => {
    await askHubToken(services, t('The hub refused the last token.'));
    await pushToHub(services, arg);
  };
  const options = (signal: AbortSignal) => ({ python: ready.python, env: process.env, token, signal });
  const account = await task(services, t('Asking the hub for the account'), (signal) =>
    answered(accountOf(options(signal)), again),
  );
  const repository = await askRepository(ui, account, ready, form);
  const isPrivate = await askPrivacy(ui);
  const { root } = placesIn(folder);
  await mkdir(root, { recursive: true });
  const parent = await mkdtemp(path.join(root, 'push-'));
  try {
    const exported = await task(services, t('Writing {0}', ready.chosen.label), (signal, report) =>
      writeExport(services, ready, { form, parent, name: repository.replace(/^.*\//, '') }, signal, report),
    );
    const request = { folder: exported.folder, repository, isPrivate, files: exported.files };
    await confirm(ui, { host: new URL(hub).host, account, request, licence: ready.base.licence });
    await task(services, t('Pushing {0}', repository), (signal, report) =>
      answered(send(request, options(signal), reporter(report)), again),
    );
    log.info(`A model was pushed to the hub, ${String(exported.files.length)} files`);
  } finally {
    await rm(parent, { recursive: true, force: true, maxRetries: 3 });
  }
  // Not awaited: the notification may stay open for days.
  void tell(ui, `${hub}/${repository}`, repository);
}

/** Value of an answer. @throws ProblemError, which leads to another token where this one was refused */
async function answered<T>(answer: Promise<Result<T>>, again: () => Promise<void>): Promise<T> {
  const result = await answer.catch((error: unknown) => {
    throw error instanceof PushCancelled ? new Cancelled() : error;
  });
  if (result.ok) return result.value;
  if (result.error.code !== 'bad-token') throw new OpenWeightsError(result.error);
  throw new ProblemError(result.error, { title: t('Enter Token…'), run: again });
}

async function askRepository(
  ui: Pick<Ui, 'input'>,
  { name, organizations }: Account,
  { chosen }: ReadyModel,
  form: ExportForm,
): Promise<string> {
  const owners = [name, ...organizations];
  // The hub takes Latin letters only.
  const own = folderName(chosen.label.replace(/[^\w./-]+/g, '-'), form).replace(/-{2,}/g, '-');
  const typed = await ui.input({
    title: t('Push to the Hub'),
    prompt: t('Name of the new repository, as owner/name; the token belongs to {0}', name),
    value: `${name}/${own}`,
    ignoreFocusOut: true,
    validateInput: (value) => {
      const text = value.trim();
      if (!isRepository(text)) return t('Enter a name such as {0}.', `${name}/${own}`);
      return owners.includes(text.split('/')[0] ?? '') ? null : t('The token may not write for this owner.');
    },
  });
  if (typed === undefined) throw new Cancelled();
  return typed.trim();
}

async function askPrivacy(ui: Pick<Ui, 'pick'>): Promise<boolean> {
  const chosen = await ui.pick<vscode.QuickPickItem & { readonly isPrivate: boolean }>(
    [
      {
        label: `$(lock) ${t('Private')}`,
        description: t('seen by its owner, and by those that the owner allows'),
        isPrivate: true,
      },
      {
        label: `$(globe) ${t('Public')}`,
        description: t('anyone can see and download it; you are asked once more'),
        isPrivate: false,
      },
    ],
    { title: t('Push to the Hub'), placeHolder: t('Who can see the repository?'), ignoreFocusOut: true },
  );
  if (!chosen) throw new Cancelled();
  return chosen.isPrivate;
}

interface Confirmation {
  readonly host: string;
  readonly account: Account;
  readonly request: PushRequest;
  readonly licence: string | null;
}

/** @throws Cancelled where the user does not agree, with a public repository twice */
async function confirm(ui: Pick<Ui, 'modal'>, { host, account, request, licence }: Confirmation): Promise<void> {
  const { repository, isPrivate, files } = request;
  const push = isPrivate ? t('Push') : t('Continue…');
  const question = isPrivate
    ? t('Push to the private repository {0}?', repository)
    : t('Push to the public repository {0}?', repository);
  const details = [
    t('Account {0} at {1}. These files are sent, and no rows of a dataset:', account.name, host),
    ...fileLines(files),
  ];
  if ((await ui.modal(inert(question), details.map(inert).join('\n'), push)) !== push) throw new Cancelled();
  if (isPrivate) return;
  const publish = t('Make Public');
  const warning = [
    t('Anyone can see and download it, and copies stay when you delete it.'),
    t('What the model learned from your dataset may be found out from its answers.'),
    licence === null
      ? t('The license of the base model is not known here.')
      : t('Its base model is licensed under {0}, which the copy has to obey.', licence),
  ];
  const choice = await ui.modal(inert(t('Make {0} public?', repository)), warning.map(inert).join(' '), publish);
  if (choice !== publish) throw new Cancelled();
}

function fileLines(files: Exported['files']): readonly string[] {
  const shown = files.slice(0, SHOWN_FILES).map(({ name, bytes }) => `${name} · ${bytesInWords(bytes)}`);
  const more = files.length - shown.length;
  const total = bytesInWords(files.reduce((sum, { bytes }) => sum + bytes, 0));
  return [
    ...shown,
    ...(more > 0 ? [tn(more, 'and {0} file more', 'and {0} files more')] : []),
    tn(files.length, '{0} file, {1} together', '{0} files, {1} together', total),
  ];
}

function reporter(report: Report): (done: number, total: number) => void {
  return (done, total) => {
    report(t('{0} of {1}', bytesInWords(done), bytesInWords(total)), total === 0 ? undefined : done / total);
  };
}

async function tell(ui: Pick<Ui, 'notify' | 'openExternal'>, url: string, repository: string): Promise<void> {
  const open = t('Open Page');
  const choice = await ui.notify('information', inert(t('{0} is at the hub.', repository)), open);
  if (choice === open) await ui.openExternal(vscode.Uri.parse(url));
}
