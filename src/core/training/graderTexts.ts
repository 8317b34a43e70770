// Texts of a grader that the provider evaluates only after the job was paid for: templates, the formula of a multi grader, Python.
import { t } from '../base/messages.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { isRecord } from '../dataset/check/rules/rule.ts';

/** `{{ … }}` without braces inside. */
const TEMPLATE = /\{\{([^{}]*)\}\}/g;
/** Field of the row or of the model's answer, such as `item.answer`, `item['a b']`, `sample.output_json.price`. */
const EXPRESSION = /^\s*(?:item|sample)(?:\.[\p{L}\p{N}_-]+|\[\s*(?:"[^"\]]+"|'[^'\]]+'|[^"'\]]+)\s*\])*\s*$/u;
/** A template with one brace, or with two braces on one side only: JSON in a prompt has single braces of its own. */
const SINGLE = /(?<!\{)\{\s*(?:item|sample)\s*[.[][^{}]*\}{1,2}/;

const FUNCTIONS: ReadonlySet<string> = new Set(['min', 'max', 'abs', 'floor', 'ceil', 'exp', 'sqrt', 'log']);

/** Checks what the schema of a grader cannot: fails with the first text that the provider could not evaluate. */
export function checkGraderTexts(grader: Readonly<Record<string, unknown>>): Result<true> {
  for (const text of templatesOf(grader)) {
    const problem = templateProblem(text);
    if (problem !== null) return problem;
  }
  if (grader['type'] === 'python' && typeof grader['source'] === 'string' && !definesGrade(grader['source']))
    return bad(
      t('The Python source has no function "{0}".', 'grade(sample, item)'),
      t('Define it as {0}.', 'def grade(sample: dict, item: dict) -> float:'),
    );
  const { graders, calculate_output: formula } = grader;
  if (!isRecord(graders) || typeof formula !== 'string') return ok(true);
  for (const inner of Object.values(graders)) {
    const checked = isRecord(inner) ? checkGraderTexts(inner) : ok(true as const);
    if (!checked.ok) return checked;
  }
  const names = Object.keys(graders);
  // Some write the graders' own names, which providers' examples give equal to their keys.
  const own = Object.values(graders).flatMap((inner) =>
    isRecord(inner) && typeof inner['name'] === 'string' ? [inner['name']] : [],
  );
  const known = new Set([...names, ...own]);
  const stray = namesIn(formula).find(({ name, isCalled }) => (isCalled ? !FUNCTIONS.has(name) : !known.has(name)));
  if (stray === undefined) return ok(true);
  return bad(
    t('"{0}" names "{1}", which is not one of the graders.', 'calculate_output', clipped(stray.name)),
    t('Use the names under "{0}": {1}.', 'graders', clipped(names.join(', '))),
  );
}

/** Texts of a grader in which templates are replaced. */
function templatesOf({ input, reference }: Readonly<Record<string, unknown>>): readonly string[] {
  const texts: string[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (typeof value === 'string') texts.push(value);
    else if (depth > 10) return;
    else if (Array.isArray(value)) for (const inner of value as readonly unknown[]) visit(inner, depth + 1);
    else if (isRecord(value)) for (const key of ['content', 'text']) visit(value[key], depth + 1);
  };
  visit(input, 0);
  visit(reference, 0);
  return texts;
}

function templateProblem(text: string): Result<never> | null {
  const single = SINGLE.exec(text)?.[0];
  if (single !== undefined)
    return bad(
      t('"{0}" is not replaced: a template has two braces on both sides.', clipped(single)),
      t('Write {0}.', `{{${single.replace(/^\{\s*|\s*\}+$/g, '')}}}`),
    );
  for (const [whole, expression = ''] of text.matchAll(TEMPLATE))
    if (!EXPRESSION.test(expression))
      return bad(
        t('"{0}" is not a field of the row or of the answer.', clipped(whole)),
        t('Templates begin with {0} or {1}.', '{{item.', '{{sample.'),
      );
  const rest = text.replace(TEMPLATE, '');
  const open = rest.indexOf('{{');
  if (open === -1) return null;
  return bad(
    t('The template that begins with "{0}" has no end.', clipped(rest.slice(open, open + 20))),
    t('Close it with {0}.', '}}'),
  );
}

function definesGrade(source: string): boolean {
  return /^[ \t]*(?:async[ \t]+)?def[ \t]+grade[ \t]*\(|^grade[ \t]*=/m.test(source);
}

/** Names in a formula, without the letters of numbers such as `1e3`. */
function namesIn(formula: string): readonly { readonly name: string; readonly isCalled: boolean }[] {
  const plain = formula.replace(/(?<![\p{L}_])(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/gu, ' ');
  return [...plain.matchAll(/([\p{L}_][\p{L}\p{N}_.]*)(\s*\()?/gu)].map(([, name = '', call]) => ({
    name,
    isCalled: call !== undefined,
  }));
}

function bad(message: string, action: string): Result<never> {
  return fail({ code: 'bad-grader', message, action });
}

function clipped(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
