import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

/** Files that import each other in a circle, types included, each circle once; `files` are absolute paths of sources. */
export function importCircles(files: readonly string[]): readonly (readonly string[])[] {
  const known = new Set(files);
  const edges = new Map(files.map((file) => [file, importsOf(file).filter((one) => known.has(one))]));
  return stronglyConnected(edges).filter((group) => group.length > 1);
}

/** The files that a source names in `import`, `export … from` and `import()`. */
function importsOf(file: string): readonly string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith('.'))
    .map(({ fileName }) => path.resolve(path.dirname(file), fileName));
}

/** Tarjan's strongly connected components. */
function stronglyConnected(edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const groups: string[][] = [];

  function visit(node: string): void {
    const number = index.size;
    index.set(node, number);
    low.set(node, number);
    stack.push(node);
    onStack.add(node);
    for (const next of edges.get(node) ?? []) {
      if (!index.has(next)) {
        visit(next);
        low.set(node, Math.min(low.get(node) ?? 0, low.get(next) ?? 0));
      } else if (onStack.has(next)) {
        low.set(node, Math.min(low.get(node) ?? 0, index.get(next) ?? 0));
      }
    }
    if (low.get(node) !== number) return;
    const group: string[] = [];
    for (;;) {
      const member = stack.pop();
      if (member === undefined) break;
      onStack.delete(member);
      group.push(member);
      if (member === node) break;
    }
    groups.push(group);
  }

  for (const node of edges.keys()) if (!index.has(node)) visit(node);
  return groups;
}
