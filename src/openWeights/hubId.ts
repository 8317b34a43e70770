/** Id in what was typed or pasted, which may be the address of the model's page; null when it is none. */
export function hubId(typed: string): string | null {
  const text = typed.trim().replace(/^https:\/\/(www\.)?huggingface\.co\//, '');
  const found = /^([\w.-]{1,96}\/[\w.-]{1,96})(\/(tree|blob)\/.*)?\/?$/.exec(text)?.[1];
  return found === undefined || /(^|\/)[.-]|\.\.|--/.test(found) ? null : found;
}
