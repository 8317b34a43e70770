import type { Severity } from '../finding.ts';

export interface RuleInfo {
  readonly severity: Severity;
  /** What the heading of the code in docs/dataset-rules.md says after it. */
  readonly title: string;
  /** Whether some of its findings have a fix that needs no decision (fixes.ts). */
  readonly fix: boolean;
}

const error = (title: string, fix = false): RuleInfo => ({ severity: 'error', title, fix });
const warning = (title: string, fix = false): RuleInfo => ({ severity: 'warning', title, fix });
const information = (title: string, fix = false): RuleInfo => ({ severity: 'information', title, fix });

/** Every code a check can give. Codes are stable: settings, links and continuous integration name them. */
export const RULES = {
  // The file as a whole
  'empty-file': error('The file has no examples'),
  'too-few-examples': error('Fewer examples than providers accept'),
  'file-too-large': error('The file is larger than providers accept'),
  'byte-order-mark': warning('The file begins with a byte order mark', true),
  'utf-16': error('The file is in UTF-16', true),
  'utf-32': error('The file is in UTF-32'),
  'not-utf8': error('Bytes that are not UTF-8'),
  'json-array': error('One JSON list instead of one object a line', true),
  'json-spread': error('Objects spread over several lines', true),
  csv: error('A table (CSV or TSV)'),
  crlf: information('Lines end in CR LF', true),
  'lone-cr': error('Lines end in a lone carriage return', true),
  'carriage-return': warning('A carriage return inside a line', true),
  'blank-line': information('A blank line', true),
  'line-too-long': error('The line is too long to be read'),
  'kind-preference': error('Preference pairs where chat examples are needed'),
  'kind-reinforcement': error('Reinforcement rows where chat examples are needed'),
  'kind-prompt-completion': error('The legacy prompt/completion form'),
  'kind-conversations': error('The conversations form of other tools (ShareGPT)'),
  'kind-instruction': error('The instruction/output form of other tools (Alpaca)'),
  'kind-request': error('Batch requests'),
  'mixed-kinds': error('Examples of several kinds in one file'),
  // JSON
  'json-syntax': error('The line is not JSON'),
  'json-trailing-comma': error('A comma before a closing bracket', true),
  'json-single-quotes': error('Single quotes instead of double ones', true),
  'json-unquoted-key': error('A key without quotes', true),
  'json-unescaped-quote': error('A double quote inside text that is not escaped'),
  'json-comment': error('A comment', true),
  'json-concatenated': error('Several objects on one line', true),
  'json-number': error('A number that JSON does not know'),
  'json-python-literal': error('True, False or None', true),
  'json-control-character': error('A control character inside text', true),
  'json-bad-escape': error('An escape that JSON does not know', true),
  'nul-character': error('A NUL character', true),
  'not-object': error('The line is not an object'),
  'too-deep': error('Nested too deep'),
  'duplicate-key': warning('The same key twice in one object'),
  'number-precision': warning('A number that loses precision'),
  'lone-surrogate': warning('Half a character'),
  'nul-escape': warning('An escaped NUL character', true),
  'bidi-control': warning('Characters that reverse the direction of text'),
  'more-of-line': information('More problems on one line than are shown'),
  // Keys, roles and messages
  'no-messages': error('No list of messages', true),
  'unknown-key': warning('A key that is not known', true),
  'unknown-message-key': warning('A key of a message that is not known', true),
  'message-not-object': error('A message is not an object'),
  'unknown-role': error('A role that is not known', true),
  'content-missing': error('A message without content'),
  'content-type': error('Content that is not text', true),
  'content-part': warning('A content part of a type that is not known'),
  'empty-message': warning('A message without text'),
  'no-assistant': error('No assistant message'),
  'last-not-assistant': error('The last message is not from the assistant'),
  'empty-answer': error('The answer is empty'),
  'weight-value': error('A weight other than 0 and 1'),
  'weight-not-assistant': error('A weight on a message that is not learnt', true),
  'weight-nothing': warning('Every answer has the weight 0'),
  'consecutive-roles': warning('The same role twice in a row'),
  'image-url': error('An image that providers cannot load'),
  'image-role': error('An image outside a user message'),
  'special-token': error('A control token in text'),
  'example-too-long': error('Longer than the context'),
  secret: warning('What looks like a key or a password'),
  'email-address': warning("A person's e-mail address"),
  // Tools
  'tool-schema': error('A tool that is declared wrongly'),
  'tool-call-shape': error('A tool call that is written wrongly'),
  'tool-not-declared': warning('A call of a tool that is not declared'),
  'tool-call-unanswered': error('A tool call without an answer'),
  'tool-message-without-call': error('A tool message that answers no call'),
  'arguments-not-string': error('Arguments that are not text', true),
  'arguments-not-json': error('Arguments that are not JSON'),
  'arguments-not-object': error('Arguments that are not an object'),
  'arguments-double-encoded': error('Arguments encoded twice', true),
  // Other kinds
  'preference-shape': error('A preference pair that is written wrongly'),
  'reinforcement-shape': error('A reinforcement row that is written wrongly'),
  'prompt-completion-shape': error('A prompt or completion that is not text'),
  'grader-field-missing': error('A field that the grader reads is missing'),
  // Differing from the rest
  'system-prompt-missing': warning('No system message where the others have one'),
  'system-prompt-differs': warning('Another system message than the rest'),
  'answer-format-differs': warning('An answer in another format than the rest'),
  // Between rows and between files
  'duplicate-exact': warning('The same example again'),
  'duplicate-near': warning('Nearly the same example again'),
  contradiction: warning('The same prompt with different answers'),
  'leakage-exact': warning('The example is in the other file too'),
  'leakage-prompt': warning('The prompt is in the other file too'),
  'leakage-near': warning('Nearly the same example is in the other file'),
  'format-differs': warning('Another format than the training file'),
  'answer-prefix-differs': warning('Answers begin differently than in training'),
} as const satisfies Readonly<Record<string, RuleInfo>>;

export type RuleCode = keyof typeof RULES;

export function isRuleCode(code: string): code is RuleCode {
  return Object.hasOwn(RULES, code);
}

/** Of a code of the table; unknown codes count as errors. */
export function severityOf(code: string): Severity {
  return isRuleCode(code) ? RULES[code].severity : 'error';
}

/** Fragment of docs/dataset-rules.md, without `#`. */
export function anchorOf(code: RuleCode): string {
  return code;
}
