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

/** What of `vscode` asks a person or tells one something; `window` and `env` have more that is nobody's question. */
const ASKS: Readonly<Record<string, RegExp>> = {
  window:
    /^(show(Information|Warning|Error)Message|showQuickPick|showInputBox|show(Open|Save)Dialog|showWorkspaceFolderPick|createQuickPick|createInputBox|withProgress|setStatusBarMessage)$/,
  env: /^(clipboard|openExternal)$/,
};

/** Reports what goes past the seam over the window (`src/extension/ui/ui.ts`), also under another name. */
const seam: Rule.RuleModule = {
  meta: { type: 'problem', schema: [], docs: { description: 'People are asked through the seam over the window.' } },
  create(context) {
    return {
      'MemberExpression[object.name="vscode"][property.name=/^(window|env)$/]'(node: Rule.Node) {
        const part = node.type === 'MemberExpression' && node.property.type === 'Identifier' ? node.property.name : '';
        const parent: Rule.Node | null = node.parent;
        if (parent?.type !== 'MemberExpression' || parent.object !== node) {
          context.report({ node, message: `Name what is used of vscode.${part} where it is used.` });
          return;
        }
        const name = parent.property.type === 'Identifier' && !parent.computed ? parent.property.name : null;
        if (name !== null && ASKS[part]?.test(name) !== true) return;
        context.report({
          node,
          message: 'Ask and tell through `ui` (src/extension/ui/ui.ts): a test can then answer.',
        });
      },
      'ImportSpecifier[imported.name=/^(window|env)$/]'(node: Rule.Node) {
        const parent: Rule.Node | null = node.parent;
        if (parent?.type !== 'ImportDeclaration' || parent.source.value !== 'vscode') return;
        context.report({
          node,
          message: "Import all of vscode as 'vscode': what is used of the window stays in sight.",
        });
      },
    };
  },
};

/** Our own ESLint plugin, `tuning-fork/<rule>`. */
export const tuningForkPlugin = { meta: { name: 'tuning-fork' }, rules: { layers, seam } };
