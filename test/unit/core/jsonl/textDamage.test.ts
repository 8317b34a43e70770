import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fixLine } from '../../../../src/core/dataset/check/fixes.ts';
import { checkExample } from '../../../../src/core/dataset/check/parseExample.ts';
import { createQuickScanner } from '../../../../src/core/jsonl/quickScan.ts';

/** A row whose question is this raw JSON text. */
const row = (raw: string): string =>
  `{"messages":[{"role":"user","content":"${raw}"},{"role":"assistant","content":"a"}]}`;
const found = (line: string): readonly string[] =>
  checkExample(line, 1).findings.map(
    ({ code, column, endColumn }) => `${code} ${line.slice(column - 1, endColumn - 1)}`,
  );
/** Good, and none of its texts may be damaged. */
function isQuick(line: string): boolean {
  const scanner = createQuickScanner();
  return scanner.isGood(new TextEncoder().encode(line)) && !scanner.facts.damaged;
}

describe('damaged text', () => {
  it.each<readonly [raw: string, findings: readonly string[], fixed: string | null]>([
    // Control characters.
    [
      String.raw`$\frac{1}{2}$, 3 \\times 4`,
      [String.raw`control-character \f`],
      String.raw`$\\frac{1}{2}$, 3 \\times 4`,
    ],
    [String.raw`a \beta b`, [String.raw`control-character \b`], String.raw`a \\beta b`],
    [String.raw`a \bad b`, [String.raw`control-character \b`], null],
    [String.raw`page\f`, [String.raw`control-character \f`], null],
    [String.raw`a\u001bb`, [String.raw`control-character \u001b`], null],
    [String.raw`a\u0085b`, [String.raw`control-character \u0085`], null],
    ['a\u007fb', ['control-character \u007f'], null],
    ['a\u0093b', ['control-character \u0093'], null],
    // LaTeX inside formulas.
    [String.raw`$3 \times 4$`, [String.raw`latex-escape \t`], String.raw`$3 \\times 4$`],
    [String.raw`\\(\nabla f\\)`, [String.raw`latex-escape \n`], String.raw`\\(\\nabla f\\)`],
    [String.raw`$$\rho = \theta$$`, [String.raw`latex-escape \r`], String.raw`$$\\rho = \\theta$$`],
    [String.raw`\\[a \neq b\\]`, [String.raw`latex-escape \n`], String.raw`\\[a \\neq b\\]`],
    [
      String.raw`So $x \to y$ and $x \in y$`.replace(String.raw`\in`, String.raw`\\in`),
      [String.raw`latex-escape \t`],
      String.raw`So $x \\to y$ and $x \\in y$`,
    ],
    // Lost characters.
    ['caf\ufffd', ['replacement-character \ufffd'], null],
    [String.raw`caf\ufffd`, [String.raw`replacement-character \ufffd`], null],
    // Decoded twice.
    ['itâ€™s', ['twice-decoded â€™'], 'it’s'],
    ['cafÃ©s', ['twice-decoded Ã©'], 'cafés'],
    ['Ã©cole', ['twice-decoded Ã©'], 'école'],
    ['5 Â°C', ['twice-decoded Â°'], '5 °C'],
    ['10 â‚¬', ['twice-decoded â‚¬'], '10 €'],
    ['fun ðŸ˜€', ['twice-decoded ðŸ˜€'], 'fun 😀'],
    ['â€œquotedâ€\u009d', ['twice-decoded â€œ'], '“quoted”'],
    ['it\u00e2\u0080\u0099s', ['twice-decoded \u00e2\u0080\u0099'], 'it’s'],
    [String.raw`caf\u00c3\u00a9s`, [String.raw`twice-decoded \u00c3\u00a9`], 'cafés'],
    ['one\u00e2\u20ac\u201ctwo', ['twice-decoded â€“'], 'one–two'],
    // Separators.
    ['a\u2028b', ['line-separator \u2028'], String.raw`a\u2028b`],
    ['a\u2029b', ['line-separator \u2029'], String.raw`a\u2029b`],
    ['a\u0085b', ['line-separator \u0085'], String.raw`a\u0085b`],
  ])('%j', (raw, findings, fixed) => {
    const line = row(raw);
    expect(isQuick(line)).toBe(false);
    expect(found(line)).toEqual(findings);
    if (fixed === null) expect(fixLine(line)).toBe(line);
    else expect(fixLine(line)).toBe(row(fixed));
  });

  it.each([
    'a\\tb\\nc\\rd',
    'costs $5\\nto $6',
    'from $5\\tan hour to $10 later',
    'a \\times b and $5 or $6',
    '$5\\nno $6',
    '$x$\\nabla and $y$',
    'Price is $226.95',
    '$a$ and\\ttext $b$',
    'NÃO, AMANHû, É’ and CAFÉ’s',
    'Â dû â “à” ï',
    'naïve “quotes” – 5 °C, 10 €, 😀, déjà vu',
    'a\\u2028b',
    'père » et « mère »',
    String.raw`C:\\temp\\new, \\frac and \\(x \\times y\\)`,
  ])('is not seen in %j', (raw) => {
    expect(found(row(raw))).toEqual([]);
  });

  it('is looked for in every text of the line, keys included', () => {
    expect(
      found(
        '{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"metadata":{"Ã©":"caf\ufffd"}}',
      ),
    ).toEqual(['twice-decoded Ã©', 'replacement-character \ufffd']);
  });

  it('is left to the rules by the quick look wherever it is, and nothing else is', () => {
    const damage = [
      '\\f',
      '\\b',
      '\u007f',
      '\u0080',
      '\ufffd',
      '\\ufffd',
      'â€™',
      'Ã©',
      '\\u00c3\\u00a9',
      '\u2028',
      '\\u0090',
    ];
    const plain = ['é', 'ß', '–', '“', '€', '😀', '\\n', '\\t', '\\u2019', 'Ä', 'â', '尺', ' a', 'x', '$'];
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...plain), fc.constantFrom(...damage)), { minLength: 1, maxLength: 12 }),
        (pieces) => {
          const line = row(`x${pieces.join('')}`);
          if (isQuick(line)) expect(found(line)).toEqual([]);
        },
      ),
      { numRuns: 2000 },
    );
    for (const piece of plain) if (piece !== 'â') expect(isQuick(row(`x${piece}y`)), piece).toBe(true);
  });
});
