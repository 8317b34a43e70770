import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { inProject } from './paths.ts';

/** Arguments of `t` and `tn` that are sentences. */
const SENTENCES: ReadonlyMap<string, readonly number[]> = new Map([
  ['t', [0]],
  ['tn', [1, 2]],
]);

/** Every sentence of the sources, sorted, once; what a translator needs beside package.nls.json. */
export function sentences(): readonly string[] {
  const found = new Set<string>();
  for (const folder of ['src', 'webview']) {
    for (const file of readdirSync(inProject(folder), { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      for (const sentence of sentencesOf(readFileSync(inProject(path.join(folder, file)), 'utf8'))) found.add(sentence);
    }
  }
  return [...found].sort();
}

/** The sentences of one source, in their order. */
export function sentencesOf(source: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      for (const index of SENTENCES.get(node.expression.text) ?? []) {
        const argument = node.arguments[index];
        if (argument && ts.isStringLiteralLike(argument)) found.push(argument.text);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, false));
  return found;
}

/** Translated texts by their key: the English sentence of a bundle, the name of a text in package.nls.json. */
export type Texts = Readonly<Record<string, string>>;

/** A translation brought up to date with its source, in the source's order; a plural form follows the sentence it belongs to. */
export function merged(source: Texts, translation: Texts): Texts {
  const texts: Record<string, string> = {};
  for (const [key, english] of Object.entries(source)) {
    texts[key] = translation[key] ?? english;
    for (const form of ['zero', 'two', 'few', 'many']) {
      const special = translation[`${key}#${form}`];
      if (special !== undefined) texts[`${key}#${form}`] = special;
    }
  }
  return texts;
}
