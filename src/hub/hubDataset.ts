// What a hub says of a dataset: its commit, license and parts, and the size of the files of a part.
import { fieldsOf, textOf, type Fields } from '../openWeights/json.ts';
import { ask, askJson, withRetries, type Hub } from './hubClient.ts';
import { disabled, HubError, needsCode, noRows, noSize, notUnderstood, tooMany } from './hubProblems.ts';

/** File of a dataset, by its path at the hub. */
export interface RemoteFile {
  /** For messages; from the hub. */
  readonly name: string;
  readonly path: string;
}

/** Rows that are imported together. Names are the hub's. */
export interface DatasetPart {
  /** Null where files of the repository are taken. */
  readonly config: string | null;
  readonly split: string;
  readonly format: 'parquet' | 'json';
  readonly files: readonly RemoteFile[];
}

export interface HubDataset {
  /** Id as the hub writes it; older ids lead to others. */
  readonly id: string;
  readonly revision: string;
  readonly license: string | null;
  readonly gated: boolean;
  readonly private: boolean;
  readonly parts: readonly DatasetPart[];
}

export interface SizedFile extends RemoteFile {
  readonly bytes: number;
  /** Null: the hub does not tell. */
  readonly sha256: string | null;
  /** Commit of the branch that it is on. */
  readonly commit: string | null;
}

const MAX_FILES = 500;
const AT_ONCE = 6;

/** Asks the hub for a dataset. @throws HubError */
export async function lookUp(hub: Hub, signal: AbortSignal): Promise<HubDataset> {
  const api = `/api/datasets/${pathOf(hub.dataset)}`;
  const info = fieldsOf(await askJson(hub, api, signal));
  const revision = textOf(info?.['sha']);
  const id = textOf(info?.['id']) ?? hub.dataset;
  if (
    info === null ||
    revision === null ||
    !/^[0-9a-f]{40}$/.test(revision) ||
    !/^[\w.-]{1,96}(\/[\w.-]{1,96})?$/.test(id)
  )
    throw new HubError(notUnderstood(new URL(hub.url).host));
  if (info['disabled'] === true) throw new HubError(disabled(id));
  const converted = await convertedParts(hub, id, signal);
  return {
    id,
    revision,
    license: licenseOf(fieldsOf(info['cardData'])),
    gated: info['gated'] !== false && info['gated'] !== undefined && info['gated'] !== null,
    private: info['private'] === true,
    parts: converted.length > 0 ? converted : ownParts(id, revision, namesOf(info)),
  };
}

/** Parts of the Parquet files that the hub makes of datasets; none where it has made none. */
async function convertedParts(hub: Hub, id: string, signal: AbortSignal): Promise<readonly DatasetPart[]> {
  const base = `/api/datasets/${pathOf(id)}/parquet`;
  let list: Fields | null;
  try {
    list = fieldsOf(await askJson(hub, base, signal));
  } catch (error) {
    // The dataset is there, so that this is missing.
    if (error instanceof HubError && /^(?:no-dataset|hub-refused)/.test(error.problem.code)) return [];
    throw error;
  }
  return Object.entries(list ?? {}).flatMap(([config, splits]) =>
    Object.entries(fieldsOf(splits) ?? {}).flatMap(([split, urls]): readonly DatasetPart[] => {
      if (!Array.isArray(urls) || urls.length === 0) return [];
      // Not the addresses of the list: a mirror lists those of the hub that it mirrors.
      const folder = `${base}/${encodeURIComponent(config)}/${encodeURIComponent(split)}`;
      const files = urls.map((_, index) => ({
        name: `${config}/${split}/${String(index)}.parquet`,
        path: `${folder}/${String(index)}.parquet`,
      }));
      return [{ config, split, format: 'parquet', files }];
    }),
  );
}

/** Parts of the repository's own files; files of one table are numbered `-00000-of-00002`. */
function ownParts(id: string, revision: string, names: readonly string[]): readonly DatasetPart[] {
  const parts = new Map<string, { format: DatasetPart['format']; files: RemoteFile[] }>();
  for (const name of names) {
    const ending = /\.(?:parquet|jsonl|ndjson)$/i.exec(name)?.[0].toLowerCase();
    if (ending === undefined) continue;
    const format = ending === '.parquet' ? 'parquet' : 'json';
    const split = name.replace(/-\d{5}-of-\d{5}(?:-[0-9a-f]+)?(?=\.\w+$)/, '');
    const part = parts.get(split) ?? { format, files: [] };
    part.files.push({ name, path: `/datasets/${pathOf(id)}/resolve/${revision}/${pathOf(name)}` });
    parts.set(split, part);
  }
  if (parts.size > 0) return [...parts].map(([split, part]) => ({ config: null, split, ...part }));
  const script = `${id.split('/').at(-1) ?? id}.py`;
  if (names.includes(script)) throw new HubError(needsCode(id));
  const endings = new Set(names.flatMap((name) => (HOUSEKEEPING.test(name) ? [] : (/\.\w{1,10}$/.exec(name) ?? []))));
  throw new HubError(noRows(id, [...endings].slice(0, 3)));
}

const HOUSEKEEPING = /(?:^|\/)(?:\.|readme|licen[cs]e|dataset_infos?\.json)|\.md$/i;

function namesOf(info: Fields): readonly string[] {
  const { siblings } = info;
  const list: readonly unknown[] = Array.isArray(siblings) ? siblings : [];
  return list.flatMap((file) => textOf(fieldsOf(file)?.['rfilename']) ?? []);
}

/** License of the card, by its name where it is `other`; null: none is named. */
function licenseOf(card: Fields | null): string | null {
  const { license, license_name } = card ?? {};
  const named = Array.isArray(license) ? license.filter((one) => typeof one === 'string').join(', ') : textOf(license);
  return (named === 'other' ? textOf(license_name) : null) ?? textOf(named);
}

/** Sizes of the files, without downloading them. @throws HubError */
export async function sizesOf(hub: Hub, { files }: DatasetPart, signal: AbortSignal): Promise<readonly SizedFile[]> {
  if (files.length > MAX_FILES) throw new HubError(tooMany(hub.dataset));
  const sized: SizedFile[] = [];
  for (let from = 0; from < files.length; from += AT_ONCE) {
    const some = files.slice(from, from + AT_ONCE);
    sized.push(...(await Promise.all(some.map((file) => withRetries(hub, signal, () => sizeOf(hub, file, signal))))));
  }
  return sized;
}

async function sizeOf(hub: Hub, file: RemoteFile, signal: AbortSignal): Promise<SizedFile> {
  const { response, size, sha256, commit } = await ask(hub, file.path, signal, { method: 'HEAD' });
  const length = response.headers.get('content-length');
  const bytes = size ?? (length === null || !response.ok ? Number.NaN : Number(length));
  if (!Number.isSafeInteger(bytes) || bytes < 0) throw new HubError(noSize(file.name));
  return { ...file, bytes, sha256, commit };
}

/** Path with its parts encoded; slashes stay. */
function pathOf(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}
