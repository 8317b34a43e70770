import { t } from '../../base/messages.ts';
import { answerFormat } from '../check/differences.ts';
import type { ChatExample } from '../example.ts';
import { textOf } from '../example.ts';
import type { Finding } from '../finding.ts';
import { severityOf, type RuleCode } from '../check/ruleTable.ts';

/** Properties shared by nearly all rows of a file, for the comparison with another file. */
export interface FileFormat {
  readonly rows: number;
  /** System message of nearly all rows; null when the rows differ too much. */
  readonly system: string | null;
  readonly hasSystem: 'most' | 'few' | 'mixed';
  readonly answer: string | null;
  /** Beginning of all answers, in whole words; null when they have none in common (`answers.ts`). */
  readonly answerPrefix: string | null;
  readonly tools: boolean;
}

export interface FormatCollector {
  add(example: ChatExample): void;
  format(answerPrefix: string | null): FileFormat;
}

const MOST = 0.9;
const MAX_VARIANTS = 64;

export function createFormatCollector(): FormatCollector {
  const systems = new Map<string, number>();
  const answers = new Map<string, number>();
  let rows = 0;
  let withSystem = 0;
  let withTools = 0;
  const count = (counts: Map<string, number>, key: string): void => {
    if (counts.size < MAX_VARIANTS || counts.has(key)) counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  const most = (counts: ReadonlyMap<string, number>, of: number): string | null => {
    for (const [key, number] of counts) if (number >= of * MOST) return key;
    return null;
  };
  return {
    add(example) {
      rows += 1;
      const system = example.messages.find(({ role }) => role === 'system' || role === 'developer');
      if (system !== undefined) {
        withSystem += 1;
        count(systems, textOf(system));
      }
      if ((example.tools?.length ?? 0) > 0) withTools += 1;
      const answer = example.messages.at(-1);
      if (answer?.role === 'assistant') count(answers, answerFormat(textOf(answer)));
    },
    format: (answerPrefix) => ({
      rows,
      system: most(systems, withSystem),
      hasSystem: withSystem >= rows * MOST ? 'most' : withSystem <= rows * (1 - MOST) ? 'few' : 'mixed',
      answer: most(answers, rows),
      answerPrefix,
      tools: withTools > 0,
    }),
  };
}

/** Finds the differences of a validation or test file from the training file; about the whole file (line 0). */
export function compareFormats(training: FileFormat, other: FileFormat): readonly Finding[] {
  const findings: Finding[] = [];
  const add = (code: RuleCode, message: string, action: string): void => {
    findings.push({ code, severity: severityOf(code), message, action, line: 0, column: 0, endColumn: 0 });
  };
  if (training.rows === 0 || other.rows === 0) return findings;
  if (training.hasSystem !== other.hasSystem && training.hasSystem !== 'mixed' && other.hasSystem !== 'mixed') {
    add(
      'format-differs',
      training.hasSystem === 'most'
        ? t('The training file has system messages, but this file has none.')
        : t('This file has system messages, but the training file has none.'),
      t('Use the same messages in both files.'),
    );
  } else if (training.system !== null && other.system !== null && training.system !== other.system) {
    add(
      'format-differs',
      t('The system message differs from the one of the training file.'),
      t('Use the same system message in both files.'),
    );
  }
  if (training.tools !== other.tools)
    add(
      'format-differs',
      training.tools
        ? t('The training file declares tools, but this file does not.')
        : t('This file declares tools, but the training file does not.'),
      t('Declare the same tools in both files.'),
    );
  if (training.answer !== null && other.answer !== null && training.answer !== other.answer)
    add(
      'format-differs',
      t(
        'The answers have a different format than in the training file: {0} instead of {1}.',
        nameOf(other.answer),
        nameOf(training.answer),
      ),
      t('Write the answers of both files in the same format.'),
    );
  return findings;
}

function nameOf(format: string): string {
  return format === 'text' ? t('plain text') : format === 'json' ? 'JSON' : `"${format}"`;
}

/**
 * Checks that a test prompt's last assistant message (`Price is $`) is how the training answers begin. Null when it is, or
 * when nothing is put before the reply.
 */
export function comparePrefix(prefix: string | null, training: FileFormat): Finding | null {
  if (prefix === null || prefix.trim() === '') return null;
  const wanted = training.answerPrefix?.trimEnd() ?? '';
  const given = prefix.trimEnd();
  // A shorter beginning of the same words leaves the rest to the model.
  if (wanted !== '' && wanted.startsWith(given)) return null;
  return {
    code: 'answer-prefix-differs',
    severity: severityOf('answer-prefix-differs'),
    message:
      wanted === ''
        ? t('The answer prefix is "{0}", but the training answers have no common beginning.', given)
        : t('The answer prefix is "{0}", but the training answers begin with "{1}".', given, wanted),
    action: wanted === '' ? t('Leave the answer prefix empty.') : t('Use "{0}" as the answer prefix.', wanted),
    line: 0,
    column: 0,
    endColumn: 0,
  };
}
