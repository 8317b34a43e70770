/** Package that a line of pip's or uv's output is about; null for other lines. */
export function packageOf(line: string): { readonly name: string; readonly installing: boolean } | null {
  const all = /^Installing collected packages: (.+)$/.exec(line)?.[1];
  if (all !== undefined) return { name: all.split(',')[0]?.trim() ?? all, installing: true };
  const uv = /^ ?\+ ([\w.-]+)==/.exec(line)?.[1];
  if (uv !== undefined) return { name: uv, installing: true };
  const found = /^\s*(?:Collecting|Downloading|Building(?! wheels? for)) ([^\s;]+)(?: \(([\d.]+ ?[kKMG]i?B)\))?/.exec(
    line,
  );
  if (!found) return null;
  const [, what = '', size] = found;
  // An address or a file: its name up to the version.
  const file = what.split('/').at(-1) ?? what;
  const name = /\.(whl|tar\.gz)$/.test(file) ? file.replace(/-\d.*$/, '') : file.replace(/[<>=!~[@].*$/, '');
  return name === '' ? null : { name: size === undefined ? name : `${name} (${size})`, installing: false };
}
