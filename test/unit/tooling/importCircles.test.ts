import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { importCircles } from '../../../scripts/lib/importCircles.ts';
import { inProject } from '../../../scripts/lib/paths.ts';

const sources = ['src', 'webview'].flatMap((folder) =>
  readdirSync(inProject(folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|css)$/.test(file))
    .map((file) => inProject(path.join(folder, file))),
);

describe('the import graph', () => {
  it('has no circle, those of types alone included', () => {
    const files = sources.filter((file) => file.endsWith('.ts'));
    expect(files.length).toBeGreaterThan(200);
    const circles = importCircles(files);
    expect(circles.map((circle) => circle.map((file) => path.relative(inProject('.'), file)))).toEqual([]);
  });

  it('is read with imports of types, re-exports and import() in it', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'import-circles-'));
    try {
      const write = (name: string, text: string): string => {
        const file = path.join(folder, name);
        writeFileSync(file, text);
        return file;
      };
      const files = [
        write('a.ts', "import type { B } from './b.ts';\nexport type A = B;\n"),
        write('b.ts', "export { c } from './c.ts';\nexport type B = 1;\n"),
        write('c.ts', "export const c = () => import('./a.ts');\n"),
        write('d.ts', "import { c } from './c.ts';\nexport const d = c;\n"),
      ];
      expect(importCircles(files).map((circle) => circle.map((file) => path.basename(file)).sort())).toEqual([
        ['a.ts', 'b.ts', 'c.ts'],
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the length of a source file', () => {
  // One state machine over bytes: cut in two it would be slower and no clearer.
  const longer = ['src/core/jsonl/quickScan.ts'];

  it('is at most 400 lines', () => {
    const long = sources
      .filter((file) => readFileSync(file, 'utf8').split('\n').length > 401)
      .map((file) => path.relative(inProject('.'), file));
    expect(long.filter((file) => !longer.includes(file))).toEqual([]);
  });
});
