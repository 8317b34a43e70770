import { t, tn } from '../../base/messages.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { findJsonError, type JsonErrorCode } from '../../jsonl/jsonSyntax.ts';
import { locate, locateKey, locatePart } from '../../jsonl/locate.ts';
import { scanText } from '../../jsonl/scanText.ts';
import type { ChatExample, ChatMessage, ContentPart, Role, ToolCall } from '../example.ts';
import type { Finding, Severity } from '../finding.ts';
import { detectKind, type ExampleKind } from '../kind.ts';
import { unsupportedKind } from '../unsupportedKind.ts';
import { CHAT_RULES, PREFERENCE_RULES, PROMPT_COMPLETION_RULES, REINFORCEMENT_RULES } from './rules/all.ts';
import { meantMessages } from './rules/keys.ts';
import { isMessageList } from './messageList.ts';
import { graderFieldsPresent } from './rules/otherKinds.ts';
import { clip, describe, isRecord, type ObjectRule, type RuleFinding } from './rules/rule.ts';
import { noDamage, TEXT_RULES, type TextFinding } from './rules/text.ts';
import { severityOf, type RuleCode } from './ruleTable.ts';

/** Reason why a line is not an example. Columns from 1 in UTF-16 units, `endColumn` exclusive; both 0 when the whole line is meant. */
export interface LineError {
  readonly code: string;
  /** One sentence. */
  readonly message: string;
  readonly action: string;
  readonly column: number;
  readonly endColumn: number;
}

/** Content of one line; `example` is null as soon as one finding is an error, and for every kind but `chat`. */
export interface ParsedLine {
  readonly kind: ExampleKind;
  readonly example: ChatExample | null;
  readonly findings: readonly Finding[];
}

/** Most findings shown of one line: a user who corrects these corrects the rest too. */
const MAX_LINE_FINDINGS = 100;

/** One line's text (no line ending, no byte order mark) to an example, or to its first error. */
export function parseExample(text: string): Result<ChatExample, LineError> {
  const parsed = checkExample(text, 0);
  if (parsed.example !== null) return ok(parsed.example);
  const first = parsed.findings.find((finding) => finding.severity === 'error');
  if (first !== undefined) {
    const { code, message, action, column, endColumn } = first;
    return fail({ code, message, action, column, endColumn });
  }
  const unsupported = unsupportedKind(parsed.kind) ?? noMessages();
  return fail({
    code: unsupported.code,
    message: unsupported.message,
    action: unsupported.action,
    column: 0,
    endColumn: 0,
  });
}

function noMessages() {
  return {
    code: 'no-messages' as const,
    message: t('The example has no list of messages.'),
    action: t('Write the line as {"messages": [{"role": "user", "content": …}, {"role": "assistant", "content": …}]}.'),
  };
}

function syntaxAction(code: JsonErrorCode): string {
  switch (code) {
    case 'json-trailing-comma':
      return t('Remove the comma.');
    case 'json-single-quotes':
    case 'json-typographic-quotes':
      return t('Use double quotes.');
    case 'json-space':
      return t('Use plain spaces.');
    case 'json-unquoted-key':
      return t('Put the key in double quotes.');
    case 'json-unescaped-quote':
      return t('Write \\" for a double quote inside text.');
    case 'json-comment':
      return t('Remove the comment.');
    case 'json-concatenated':
      return t('Put each object on its own line.');
    case 'json-number':
      return t('Write a number, null or text in double quotes.');
    case 'json-python-literal':
      return t('Write true, false or null.');
    case 'json-control-character':
      return t('Write it as an escape, such as \\n or \\t.');
    case 'json-bad-escape':
      return t('Write \\\\ for a backslash.');
    case 'nul-character':
      return t('Remove the character.');
    case 'lone-cr':
      return t('End the lines with LF.');
    case 'json-syntax':
      return t('Correct the line at the marked place, or remove it.');
  }
}

export interface LineOptions {
  /** Fields a grader reads (`graderFields`): rows with messages are then rows for reinforcement. */
  readonly graderFields?: readonly string[];
}

/** The example of a line in which no rule has found anything wrong. */
export function exampleOfGoodLine(text: string): ChatExample {
  const value: unknown = JSON.parse(text);
  const messages = isRecord(value) ? value['messages'] : undefined;
  if (!isRecord(value) || !Array.isArray(messages)) throw new Error('The line is not the one that was checked');
  return toExample(value, messages);
}

/** Finds damaged text in a line with which nothing else can be wrong. */
export function damageFindings(text: string, line: number): readonly Finding[] {
  return noDamage(text).map((finding) => ofText(finding, line));
}

function ofText({ code, message, action, start, end }: TextFinding, line: number): Finding {
  return { code, severity: severityOf(code), message, action, line, column: start + 1, endColumn: end + 1 };
}

/** Finds all problems of one line. A kind that cannot be trained on is reported once for the file, not here. */
export function checkExample(text: string, line: number, options: LineOptions = {}): ParsedLine {
  const say = (code: RuleCode, message: string, action: string, start = 0, end = 0): Finding => ({
    code,
    severity: severityOf(code),
    message,
    action,
    line,
    column: end === 0 ? 0 : start + 1,
    endColumn: end === 0 ? 0 : end + 1,
  });

  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const error = findJsonError(text);
    const start = error?.start ?? 0;
    const end = Math.max(error?.end ?? 0, start + 1);
    const code = error?.code ?? 'json-syntax';
    const message = error?.message ?? t('The line is not JSON.');
    return { kind: 'unknown', example: null, findings: [say(code, message, syntaxAction(code), start, end)] };
  }
  if (!isRecord(value)) {
    if (typeof value === 'string' && isObjectAsText(value))
      return { kind: 'encoded-twice', example: null, findings: [] };
    if (isMessageList(value)) {
      const message = t('The line is a list of messages without an object round it.');
      return {
        kind: 'unknown',
        example: null,
        findings: [say('not-object', message, t('Wrap it in {"messages": …}.'))],
      };
    }
    const message = t('The line is {0} where a JSON object is needed.', describe(value));
    return { kind: 'unknown', example: null, findings: [say('not-object', message, noMessages().action)] };
  }

  const facts = scanText(text);
  const findings = TEXT_RULES.flatMap((rule) => rule(facts, text)).map(({ code, message, action, start, end }) =>
    say(code, message, action, start, end),
  );
  const kind = detectKind(value, options.graderFields !== undefined);
  if (findings[0]?.code === 'too-deep') return { kind, example: null, findings: findings.slice(0, 1) };

  // Errors first, so that what is cut never lets a bad line pass.
  const found = [...rulesOf(kind, value, options)].sort((a, b) => rank(severityOf(a.code)) - rank(severityOf(b.code)));
  for (const finding of found.slice(0, MAX_LINE_FINDINGS)) findings.push(place(text, line, finding));
  findings.sort((a, b) => rank(a.severity) - rank(b.severity) || a.column - b.column);
  const more = found.length - MAX_LINE_FINDINGS;
  if (more > 0) {
    const message = tn(
      more,
      '{0} more problem of this line is not shown.',
      '{0} more problems of this line are not shown.',
    );
    findings.push(say('more-of-line', message, t('Correct the ones that are shown first.')));
  }
  const bad = findings.some((finding) => finding.severity === 'error');
  const { messages } = value;
  const example = bad || kind !== 'chat' || !Array.isArray(messages) ? null : toExample(value, messages);
  return { kind, example, findings };
}

function isObjectAsText(text: string): boolean {
  if (!/^\s*\{/.test(text)) return false;
  try {
    return isRecord(JSON.parse(text));
  } catch {
    return false;
  }
}

function rank(severity: Severity): number {
  return severity === 'error' ? 0 : 1;
}

function rulesOf(
  kind: ExampleKind,
  value: Readonly<Record<string, unknown>>,
  options: LineOptions,
): readonly RuleFinding[] {
  const all = (rules: readonly ObjectRule[]): readonly RuleFinding[] => rules.flatMap((rule) => rule(value));
  switch (kind) {
    case 'preference':
      return all(PREFERENCE_RULES);
    case 'reinforcement':
      return [...all(REINFORCEMENT_RULES), ...graderFieldsPresent(value, options.graderFields ?? [])];
    case 'prompt-completion':
      return all(PROMPT_COMPLETION_RULES);
    case 'chat':
    case 'unknown': {
      const { messages } = value;
      if (!Array.isArray(messages)) {
        const missing = messages === undefined;
        const meant = missing ? meantMessages(value) : null;
        if (meant !== null) {
          return [
            {
              code: 'no-messages',
              message: t('The example has the key "{0}", which probably means "messages".', clip(meant)),
              action: t('Write "messages" as the key.'),
              path: [meant],
              atKey: true,
            },
          ];
        }
        if (missing) return [{ ...noMessages(), path: [] }];
        const message = t('"messages" is {0} where a list is needed.', describe(messages));
        return [{ ...noMessages(), message, path: ['messages'] }];
      }
      if (messages.length === 0)
        return [{ ...noMessages(), message: t('The list of messages is empty.'), path: ['messages'] }];
      return CHAT_RULES.flatMap((rule) => rule({ value, messages }));
    }
    default:
      return [];
  }
}

function place(text: string, line: number, finding: RuleFinding): Finding {
  const { code, message, action, path } = finding;
  let range = path.length === 0 ? null : finding.atKey ? locateKey(text, path) : locate(text, path);
  if (range !== null && finding.part !== undefined) range = locatePart(text, range, finding.part);
  return {
    code,
    severity: severityOf(code),
    message,
    action,
    line,
    column: range === null ? 0 : range.start + 1,
    endColumn: range === null ? 0 : range.end + 1,
  };
}

/** Picks the known fields, whose types the rules have checked. */
function toExample(value: Readonly<Record<string, unknown>>, messages: readonly unknown[]): ChatExample {
  return {
    messages: messages.filter(isRecord).map(toMessage),
    ...(Array.isArray(value['tools']) ? { tools: value['tools'] as readonly unknown[] } : {}),
    ...(Array.isArray(value['functions']) ? { functions: value['functions'] as readonly unknown[] } : {}),
    ...(typeof value['parallel_tool_calls'] === 'boolean' ? { parallel_tool_calls: value['parallel_tool_calls'] } : {}),
  };
}

function toMessage(raw: Readonly<Record<string, unknown>>): ChatMessage {
  const { content } = raw;
  const calls = Array.isArray(raw['tool_calls']) ? raw['tool_calls'].flatMap(toToolCall) : [];
  const [legacy] = toToolCall({ function: raw['function_call'] });
  return {
    role: raw['role'] === 'function' ? 'tool' : (raw['role'] as Role),
    content:
      typeof content === 'string' ? content : Array.isArray(content) ? (content as readonly ContentPart[]) : null,
    ...(typeof raw['name'] === 'string' ? { name: raw['name'] } : {}),
    ...(raw['weight'] === 0 || raw['weight'] === 1 ? { weight: raw['weight'] } : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(typeof raw['tool_call_id'] === 'string' ? { tool_call_id: raw['tool_call_id'] } : {}),
    ...(legacy === undefined ? {} : { function_call: legacy.function }),
  };
}

function toToolCall(raw: unknown): ToolCall[] {
  if (!isRecord(raw) || !isRecord(raw['function'])) return [];
  const { name, arguments: given } = raw['function'];
  return [
    {
      ...(typeof raw['id'] === 'string' ? { id: raw['id'] } : {}),
      ...(typeof raw['type'] === 'string' ? { type: raw['type'] } : {}),
      function: { name: typeof name === 'string' ? name : '', arguments: typeof given === 'string' ? given : '' },
    },
  ];
}
