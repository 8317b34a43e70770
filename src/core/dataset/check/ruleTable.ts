import { t } from '../../base/messages.ts';
import type { Severity } from '../finding.ts';

export interface RuleInfo {
  readonly severity: Severity;
  /** Short name in lists of rules; docs/dataset-rules.md begins the section of the code with it. */
  readonly title: () => string;
  /** True when some of its findings have a fix that needs no decision (fixes.ts). */
  readonly fix: boolean;
}

const error = (title: () => string, fix = false): RuleInfo => ({ severity: 'error', title, fix });
const warning = (title: () => string, fix = false): RuleInfo => ({ severity: 'warning', title, fix });
const information = (title: () => string, fix = false): RuleInfo => ({ severity: 'information', title, fix });

/** Every code a check can give. Codes are stable: settings, links and continuous integration name them. */
export const RULES = {
  // The file as a whole
  'empty-file': error(() => t('The file has no examples')),
  'too-few-examples': error(() => t('Fewer examples than providers accept')),
  'git-lfs-pointer': error(() => t('A pointer of Git LFS')),
  'compressed-file': error(() => t('A compressed file')),
  spreadsheet: error(() => t('A workbook')),
  parquet: error(() => t('A Parquet or Arrow file')),
  'web-page': error(() => t('A web page')),
  'other-file': error(() => t('A file of another program')),
  'file-too-large': error(() => t('The file is larger than providers accept')),
  'byte-order-mark': warning(() => t('The file begins with a byte order mark'), true),
  'utf-16': error(() => t('The file is in UTF-16'), true),
  'utf-32': error(() => t('The file is in UTF-32')),
  'not-utf8': error(() => t('Bytes that are not UTF-8')),
  'json-array': error(() => t('One JSON list instead of one object per line'), true),
  'json-spread': error(() => t('Objects spread over several lines'), true),
  'markdown-fence': error(() => t('Rows in a block of Markdown'), true),
  csv: error(() => t('A table (CSV or TSV)')),
  crlf: information(() => t('Lines end in CRLF'), true),
  'lone-cr': error(() => t('Lines end in a lone carriage return'), true),
  'carriage-return': warning(() => t('A carriage return inside a line'), true),
  'blank-line': information(() => t('A blank line'), true),
  'line-too-long': error(() => t('The line is too long to be read')),
  'kind-preference': error(() => t('Preference pairs where chat examples are needed')),
  'kind-reinforcement': error(() => t('Reinforcement examples where chat examples are needed')),
  'kind-prompt-completion': error(() => t('The legacy prompt/completion format')),
  'kind-prompt-messages': error(() => t('Lists of messages as prompt and completion (TRL)')),
  'kind-pairs': error(() => t('Pairs of a question and an answer')),
  'kind-conversations': error(() => t('The ShareGPT format')),
  'kind-instruction': error(() => t('The Alpaca format')),
  'kind-chosen-rejected': error(() => t('A chosen and a rejected answer')),
  'kind-gemini': error(() => t('The form of Gemini')),
  'kind-bedrock': error(() => t('The form of Amazon Bedrock')),
  'kind-templated': error(() => t('Conversations inside one text')),
  'kind-messages-text': error(() => t('Messages as text')),
  'kind-encoded-twice': error(() => t('Lines encoded twice')),
  'kind-wrapped': error(() => t('A list of examples inside one object')),
  'kind-columns': error(() => t('Columns instead of rows')),
  'kind-request': error(() => t('Batch requests')),
  'mixed-kinds': error(() => t('Examples of several kinds in one file')),
  // JSON
  'json-syntax': error(() => t('The line is not JSON')),
  'json-line-break': error(() => t('A text that goes on over lines'), true),
  'json-trailing-comma': error(() => t('A comma before a closing bracket'), true),
  'json-single-quotes': error(() => t('Single quotes instead of double quotes'), true),
  'json-typographic-quotes': error(() => t('Typographic quotes instead of double quotes'), true),
  'json-space': error(() => t('White space that JSON does not know'), true),
  'json-unquoted-key': error(() => t('A key without quotes'), true),
  'json-unescaped-quote': error(() => t('An unescaped double quote inside text')),
  'json-comment': error(() => t('A comment'), true),
  'json-concatenated': error(() => t('Several objects on one line'), true),
  'json-number': error(() => t('A number that is not valid in JSON')),
  'json-python-literal': error(() => t('True, False or None'), true),
  'json-control-character': error(() => t('A control character inside text'), true),
  'json-bad-escape': error(() => t('An escape that is not valid in JSON'), true),
  'nul-character': error(() => t('A NUL character'), true),
  'not-object': error(() => t('The line is not an object'), true),
  'too-deep': error(() => t('Nested too deep')),
  'duplicate-key': warning(() => t('The same key twice in one object')),
  'number-precision': warning(() => t('A number that loses precision')),
  'lone-surrogate': warning(() => t('Half a character')),
  'nul-escape': warning(() => t('An escaped NUL character'), true),
  'control-character': warning(() => t('A control character in text'), true),
  'latex-escape': warning(() => t('An escape that was meant as a LaTeX command'), true),
  'replacement-character': warning(() => t('A replacement character')),
  'twice-decoded': warning(() => t('Characters that were decoded twice'), true),
  'line-separator': information(() => t('An unusual line separator'), true),
  'bidi-control': warning(() => t('Characters that reverse the direction of text')),
  'more-of-line': information(() => t('More problems on one line than are shown')),
  // Keys, roles and messages
  'no-messages': error(() => t('No list of messages'), true),
  'unknown-key': warning(() => t('An unknown key'), true),
  'system-beside-messages': warning(() => t('A system prompt beside the messages'), true),
  'unknown-message-key': warning(() => t('An unknown key of a message'), true),
  'message-not-object': error(() => t('A message is not an object')),
  'unknown-role': error(() => t('An unknown role'), true),
  'content-missing': error(() => t('A message without content')),
  'content-type': error(() => t('Content that is not text'), true),
  'content-part': error(() => t('A content part that cannot be trained on'), true),
  'message-name': error(() => t('A name that providers do not accept')),
  'empty-message': warning(() => t('A message without text')),
  'no-assistant': error(() => t('No assistant message')),
  'last-not-assistant': error(() => t('The last message is not from the assistant')),
  'empty-answer': error(() => t('The answer is empty')),
  'weight-value': error(() => t('A weight other than 0 and 1')),
  'weight-not-assistant': error(() => t('A weight on a message that is not trained on'), true),
  'weight-nothing': warning(() => t('Every answer has the weight 0')),
  'consecutive-roles': warning(() => t('The same role twice in a row')),
  'image-url': error(() => t('An image that providers cannot load')),
  'image-count': warning(() => t('More images than OpenAI accepts')),
  'image-too-large': error(() => t('An image that is too large')),
  'image-role': error(() => t('An image outside a user message')),
  'special-token': error(() => t('A control token in text')),
  'example-too-long': error(() => t('Longer than the context')),
  secret: warning(() => t('A possible key or password')),
  'email-address': warning(() => t('A personal email address')),
  // Tools
  'tool-schema': error(() => t('A malformed tool declaration'), true),
  'tool-call-shape': error(() => t('A malformed tool call'), true),
  'tool-not-declared': warning(() => t('A call of an undeclared tool')),
  'tool-call-unanswered': error(() => t('A tool call without an answer')),
  'tool-message-without-call': error(() => t('A tool message that answers no call')),
  'arguments-not-string': error(() => t('Arguments that are not text'), true),
  'arguments-not-json': error(() => t('Arguments that are not JSON')),
  'arguments-not-object': error(() => t('Arguments that are not an object')),
  'arguments-double-encoded': warning(() => t('Arguments encoded twice'), true),
  // Other kinds
  'preference-shape': error(() => t('A malformed preference pair')),
  'reinforcement-shape': error(() => t('A malformed reinforcement example')),
  'prompt-completion-shape': error(() => t('A prompt or completion that is not text')),
  'grader-field-missing': error(() => t('A field that the grader reads is missing')),
  // Differing from the rest
  'system-prompt-missing': warning(() => t('No system message, unlike most examples')),
  'system-prompt-differs': warning(() => t('A different system message than most examples')),
  'answer-format-differs': warning(() => t('A different answer format than most examples')),
  // Between rows and between files
  'duplicate-exact': warning(() => t('The same example again')),
  'duplicate-near': warning(() => t('Nearly the same example again')),
  contradiction: warning(() => t('The same prompt with different answers')),
  'leakage-exact': warning(() => t('The example is also in the other file')),
  'leakage-prompt': warning(() => t('The prompt is also in the other file')),
  'leakage-near': warning(() => t('Nearly the same example is in the other file')),
  'format-differs': warning(() => t('A different format than the training file')),
  'answer-prefix-differs': warning(() => t('Answers begin differently than in training')),
} as const satisfies Readonly<Record<string, RuleInfo>>;

export type RuleCode = keyof typeof RULES;

export function isRuleCode(code: string): code is RuleCode {
  return Object.hasOwn(RULES, code);
}

/** Severity of a code; unknown codes count as errors. */
export function severityOf(code: string): Severity {
  return isRuleCode(code) ? RULES[code].severity : 'error';
}

/** Fragment of docs/dataset-rules.md, without `#`. */
export function anchorOf(code: RuleCode): string {
  return code;
}
