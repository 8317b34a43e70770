import type { Rule } from 'eslint';
import type { CallExpression, Node, SimpleLiteral } from 'estree';

/** Functions of `src/core/base/messages.ts` and how many of their first arguments are sentences. */
export const TRANSLATORS: Readonly<Record<string, number>> = { t: 1, tn: 2 };

/** Two words with a space between them: what a person could read. */
const WORDS = /\p{L}[\p{L}\p{N}’'",:;.!?)\]}…]* +[({["“$]*\p{L}/u;
/** Errors that no person sees but in a bug report, and patterns; `ProblemError` and `DatasetProblem` are shown. */
const BUG = /^(?:Error|TypeError|RangeError|SyntaxError|AssertionError|RegExp)$/;
const LOG = /^(?:trace|debug|info|warn|error|log|append|appendLine)$/;

/**
 * Reports text of more than one word that is not looked up by `t` or `tn`, and calls of these whose sentence is not a literal or which
 * run while a module is read, before a language is set.
 */
export const translated: Rule.RuleModule = {
  meta: { type: 'problem', schema: [], docs: { description: 'Sentences for people go through t and tn.' } },
  create(context) {
    function check(node: Rule.Node, text: string): void {
      if (!WORDS.test(text) || isAllowed(node)) return;
      context.report({ node, message: 'Sentences for people go through t or tn (src/core/base/messages.ts), whole.' });
    }
    return {
      Literal(node) {
        if (typeof node.value === 'string') check(node, node.value);
      },
      TemplateLiteral(node) {
        const text = node.quasis.map(({ value }) => value.cooked ?? value.raw).join('0');
        check(node, text);
      },
      CallExpression(node) {
        const name = node.callee.type === 'Identifier' ? node.callee.name : '';
        if (!Object.hasOwn(TRANSLATORS, name)) return;
        const first = name === 'tn' ? 1 : 0;
        for (const argument of node.arguments.slice(first, first + (TRANSLATORS[name] ?? 0))) {
          if (textOf(argument) === null)
            context.report({
              node: argument,
              message: 'The sentence is a literal: the build collects it for translation.',
            });
        }
        if (isReadAtOnce(node))
          context.report({ node, message: 'Say it in a function: no language is set yet while modules are read.' });
      },
    };
  },
};

/** Text of a literal or of a template without values, else null. */
export function textOf(node: Node): string | null {
  if (node.type === 'Literal')
    return typeof (node as SimpleLiteral).value === 'string' ? String((node as SimpleLiteral).value) : null;
  if (node.type !== 'TemplateLiteral') return null;
  const { quasis, expressions } = node;
  return expressions.length === 0 ? (quasis[0]?.value.cooked ?? null) : null;
}

function isAllowed(node: Rule.Node): boolean {
  const parent: Rule.Node | null = node.parent;
  if (parent === null) return false;
  switch (parent.type as string) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSLiteralType':
    case 'TSEnumMember':
    case 'TaggedTemplateExpression':
      return true;
    case 'Property': {
      const { key, value } = parent as unknown as { key: Node & { name?: string }; value: Node };
      // A key is a name; names of classes are for the style sheet, a context value for the conditions of menus.
      return value !== (node as Node) || key.name === 'class' || key.name === 'className';
    }
    case 'AssignmentExpression': {
      const { left } = parent as unknown as { left: Node & { property?: { name?: string } } };
      return left.property?.name === 'className' || left.property?.name === 'contextValue';
    }
    case 'ConditionalExpression':
    case 'LogicalExpression':
    case 'TemplateLiteral':
    case 'ArrayExpression':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'BinaryExpression':
      return isAllowed(parent);
    case 'NewExpression': {
      const { callee } = parent as unknown as { callee: Node & { name?: string } };
      return BUG.test(callee.name ?? '');
    }
    case 'CallExpression':
      return takesText(parent as unknown as CallExpression);
    default:
      return false;
  }
}

/** Calls whose text is translated, or for nobody's eyes but a developer's. */
function takesText({ callee }: CallExpression): boolean {
  if (callee.type === 'Identifier') return Object.hasOwn(TRANSLATORS, callee.name);
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return false;
  const { object, property } = callee;
  const owner =
    object.type === 'MemberExpression' && 'name' in object.property
      ? object.property.name
      : object.type === 'Identifier'
        ? object.name
        : '';
  return /log$/i.test(owner) && LOG.test(property.name);
}

/** Outside every function and method. */
function isReadAtOnce(node: Rule.Node): boolean {
  for (let parent: Rule.Node | null = node.parent; parent !== null; parent = parent.parent) {
    if (/Function|MethodDefinition/.test(parent.type)) return false;
    // Fields of a class are set when one is made.
    if (parent.type === 'PropertyDefinition' && !(parent as unknown as { static: boolean }).static) return false;
  }
  return true;
}
