// Ids of datasets at a hub, as users type or paste them.

const NAME = String.raw`[\w.-]{1,96}`;
/** Parts of a page's address behind the id. */
const PAGES = '(?:tree|blob|resolve|viewer|raw|discussions|settings)';
const ID = new RegExp(String.raw`^(${NAME}/(?!${PAGES}(?:/|$))${NAME}|${NAME})(?:/${PAGES}(?:/.*)?)?/?$`);

/**
 * Id in what was typed or pasted: `owner/name`, the name alone as the oldest datasets have it, or the address of a page of the
 * dataset at `hub`. Null when it is none.
 */
export function datasetId(typed: string, hub: string): string | null {
  const text = typed.trim();
  const path = text.startsWith(`${hub}/`)
    ? text.slice(hub.length + 1)
    : text.replace(/^https:\/\/(?:www\.)?(?:huggingface\.co|hf\.co)\//, '');
  const found = ID.exec(path.replace(/[?#].*$/s, '').replace(/^datasets\//, ''))?.[1];
  return found === undefined || /(?:^|\/)[.-]|\.\.|--|[.-](?:\/|$)/.test(found) ? null : found;
}

/** Name for files: the last part of the id. */
export function nameOfDataset(id: string): string {
  return id.split('/').at(-1) ?? id;
}
