import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** The folders one VS Code keeps its state in. */
export interface HostProfile {
  readonly folder: string;
  readonly userData: string;
  readonly extensions: string;
}

/** A quiet window: nothing that asks, advertises, updates or calls home. */
const quietSettings: Readonly<Record<string, unknown>> = {
  'workbench.startupEditor': 'none',
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.settings.enableNaturalLanguageSearch': false,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'chat.disableAIFeatures': true,
  'git.openRepositoryInParentFolders': 'never',
  'security.workspace.trust.enabled': false,
};

/** The file of the user's settings. */
export function settingsFile(profile: HostProfile): string {
  return path.join(profile.userData, 'User/settings.json');
}

/** The profile in this folder, made on first use. Settings the user has changed there are kept. */
export async function openProfile(
  folder: string,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<HostProfile> {
  const profile = { folder, userData: path.join(folder, 'user'), extensions: path.join(folder, 'extensions') };
  await mkdir(path.join(profile.userData, 'User'), { recursive: true });
  await mkdir(profile.extensions, { recursive: true });
  const text = JSON.stringify({ ...quietSettings, ...settings }, null, 2);
  await writeFile(settingsFile(profile), text, { flag: 'wx' }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  return profile;
}

/** A fresh profile in a temporary folder, without animations: pictures and clicks must not meet a menu half drawn. */
export async function temporaryProfile(settings: Readonly<Record<string, unknown>> = {}): Promise<HostProfile> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'tuning-fork-profile-'));
  return await openProfile(folder, { 'workbench.reduceMotion': 'on', ...settings });
}

/** Changes settings of a profile; `undefined` removes one. A window that is open must be reloaded. */
export async function changeSettings(profile: HostProfile, changes: Readonly<Record<string, unknown>>): Promise<void> {
  const file = settingsFile(profile);
  const settings = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...settings, ...changes }, null, 2));
}

/**
 * Makes VS Code accept a language in which its own texts stay English. Without a language pack it keeps to English and loads no
 * translation of any extension; this is the record it writes when one is installed (code-server's command line writes none).
 */
export async function acceptLanguage(profile: HostProfile, locale: string): Promise<void> {
  const translations = path.join(profile.folder, `${locale}.json`);
  await writeFile(translations, JSON.stringify({ version: '1.0.0', contents: {} }));
  const extension = { extensionIdentifier: { id: `tuning-fork.language-pack-${locale}` }, version: '1.0.0' };
  const pack = { hash: locale, label: locale, extensions: [extension], translations: { vscode: translations } };
  await writeFile(path.join(profile.userData, 'languagepacks.json'), JSON.stringify({ [locale]: pack }));
}

/** Deletes a temporary profile; a server that has just ended may still be writing for a moment. */
export async function deleteProfile(profile: HostProfile): Promise<void> {
  await rm(profile.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
