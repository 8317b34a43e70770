import path from 'node:path';
import type { Rule } from 'eslint';
import { importProblem } from './layers.ts';
import { projectRoot } from './paths.ts';

/** What all import-like nodes share; the TypeScript parser adds the kinds, which ESLint's own types do not know. */
interface ImportLike {
  readonly source?: { readonly value?: unknown } | null | undefined;
  readonly importKind?: string | undefined;
  readonly exportKind?: string | undefined;
}

/** Reports every import, of whatever form, that the table in layers.ts does not allow. */
const layers: Rule.RuleModule = {
  meta: { type: 'problem', schema: [], docs: { description: 'Imports follow the layers of the architecture.' } },
  create(context) {
    const file = path.relative(projectRoot, context.filename);

    function check(node: Rule.Node, specifier: unknown, typeOnly: boolean): void {
      if (typeof specifier !== 'string') return;
      const message = importProblem(file, specifier, typeOnly);
      if (message !== undefined) context.report({ node, message });
    }

    function checkDeclaration(node: Rule.Node): void {
      const { source, importKind, exportKind } = node as ImportLike;
      check(node, source?.value, importKind === 'type' || exportKind === 'type');
    }

    return {
      ImportDeclaration: checkDeclaration,
      ExportNamedDeclaration: checkDeclaration,
      ExportAllDeclaration: checkDeclaration,
      ImportExpression: checkDeclaration,
      TSImportType(node: Rule.Node) {
        check(node, (node as ImportLike).source?.value, true);
      },
      'CallExpression[callee.name="require"]'(node: Rule.Node) {
        const argument = node.type === 'CallExpression' ? node.arguments[0] : undefined;
        const specifier = argument?.type === 'Literal' ? argument.value : undefined;
        // './openai.cjs' is the name of a bundle beside the extension's, not of a source file.
        if (specifier !== './openai.cjs') check(node, specifier, false);
      },
    };
  },
};

/** Our own ESLint plugin, `tuning-fork/<rule>`. */
export const tuningForkPlugin = { meta: { name: 'tuning-fork' }, rules: { layers } };
