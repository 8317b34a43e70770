// Values of a job as literals of Python. Nothing else of a job gets into a notebook's code.

/** Characters of a line up to which a list or an object stays on it. */
const WIDTH = 100;

/**
 * Literal of a JSON value, in ASCII but for letters and digits: texts as JSON writes them, `true`, `false` and `null` as Python does.
 * Numbers that JSON has no form for become `None`.
 */
export function pythonLiteral(value: unknown, indent = ''): string {
  if (value === null || value === undefined) return 'None';
  switch (typeof value) {
    case 'string':
      return text(value);
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : 'None';
    case 'boolean':
      return value ? 'True' : 'False';
    case 'object':
      return Array.isArray(value)
        ? grouped('[', value, ']', indent, pythonLiteral)
        : grouped('{', Object.entries(value), '}', indent, ([key, inner]: readonly [string, unknown], deeper) => {
            return `${text(key)}: ${pythonLiteral(inner, deeper)}`;
          });
    default:
      return 'None';
  }
}

/** A text of JSON is one of Python, but for pairs of surrogates, which Python would not join: they are written as one character. */
function text(value: string): string {
  return JSON.stringify(value).replace(/[^\x20-\x7e]/gu, (character) => {
    if (/[\p{L}\p{N}]/u.test(character)) return character;
    const code = character.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

function grouped<T>(
  open: string,
  items: readonly T[],
  close: string,
  indent: string,
  write: (item: T, indent: string) => string,
): string {
  const line = `${open}${items.map((item) => write(item, indent)).join(', ')}${close}`;
  if (line.length + indent.length <= WIDTH && !line.includes('\n')) return line;
  const deeper = `${indent}    `;
  return `${open}\n${items.map((item) => `${deeper}${write(item, deeper)},\n`).join('')}${indent}${close}`;
}
