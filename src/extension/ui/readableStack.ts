import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Position in a bundle of the extension: `(…/dist/extension-K3.cjs:1:5012)`; folders may contain spaces. */
const PLACE = /(?<=\(|at |async )(?!async )([^()\n]*[/\\]extension(?:-\w+)?\.cjs):(\d+):(\d+)/g;

/**
 * Rewrites a stack trace with positions in the sources, from the maps beside the bundle: names in the bundle are minified.
 * Positions without a map stay unchanged. Reads files; for errors only.
 */
export function readableStack(stack: string): string {
  const maps = new Map<string, SourceMap | null>();
  return stack.replace(PLACE, (place, file: string, line: string, column: string) => {
    let map = maps.get(file);
    if (map === undefined) {
      map = mapOf(file);
      maps.set(file, map);
    }
    // Maps count lines and columns from 0.
    const entry = map?.findEntry(Number(line) - 1, Number(column) - 1);
    if (entry === undefined || !('originalSource' in entry)) return place;
    const source = path.posix.normalize(entry.originalSource).replace(/^(?:\.\.\/)+/, '');
    return `${source}:${String(entry.originalLine + 1)}:${String(entry.originalColumn + 1)}`;
  });
}

function mapOf(file: string): SourceMap | null {
  try {
    const local = file.startsWith('file:') ? fileURLToPath(file) : file;
    return new SourceMap(JSON.parse(readFileSync(`${local}.map`, 'utf8')) as SourceMapPayload);
  } catch {
    return null;
  }
}
