import { findJsonError, MAX_DEPTH, nestingDepth } from '../jsonl/jsonSyntax.ts';
import { locate } from '../jsonl/locate.ts';
import { fail, ok, type Result } from '../result.ts';
import type { ChatExample, ChatMessage, ContentPart, Role, ToolCall } from './example.ts';
import type { Finding } from './finding.ts';
import { detectKind, UNSUPPORTED_KINDS, type ExampleKind } from './kind.ts';
import { CHAT_RULES } from './rules/all.ts';
import { describe, isRecord, type RuleFinding } from './rules/rule.ts';

/** Why a line is no example. Columns from 1 in UTF-16 units, `endColumn` exclusive; both 0 when the whole line is meant. */
export interface LineError {
  readonly code: string;
  /** One sentence. */
  readonly message: string;
  readonly action: string;
  readonly column: number;
  readonly endColumn: number;
}

/** What one line holds; `example` is null as soon as one finding is an error. */
export interface ParsedLine {
  readonly kind: ExampleKind;
  readonly example: ChatExample | null;
  readonly findings: readonly Finding[];
}

/** One line's text (no line ending, no byte order mark) to an example, or to its first error. */
export function parseExample(text: string): Result<ChatExample, LineError> {
  const parsed = checkExample(text, 0);
  if (parsed.example !== null) return ok(parsed.example);
  const first = parsed.findings.find((finding) => finding.severity === 'error');
  if (first !== undefined) {
    const { code, message, action, column, endColumn } = first;
    return fail({ code, message, action, column, endColumn });
  }
  const unsupported = UNSUPPORTED_KINDS[parsed.kind] ?? NO_MESSAGES;
  return fail({
    code: unsupported.code,
    message: unsupported.message,
    action: unsupported.action,
    column: 0,
    endColumn: 0,
  });
}

const NO_MESSAGES = {
  code: 'no-messages',
  message: 'The example has no list of messages.',
  action: 'Write the line as {"messages": [{"role": "user", "content": …}, {"role": "assistant", "content": …}]}.',
};

/** Everything that is wrong with one line. A line of another kind has no finding of its own: the file is named once. */
export function checkExample(text: string, line: number): ParsedLine {
  const whole = (code: string, message: string, action: string): ParsedLine => ({
    kind: 'unknown',
    example: null,
    findings: [{ code, severity: 'error', message, action, line, column: 0, endColumn: 0 }],
  });

  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const error = findJsonError(text);
    const start = error?.start ?? 0;
    const end = Math.max(error?.end ?? 0, start + 1);
    return {
      kind: 'unknown',
      example: null,
      findings: [
        {
          code: 'json-syntax',
          severity: 'error',
          message: `The line is not JSON: ${error?.reason ?? 'it cannot be read'}.`,
          action: 'Correct the line at the marked place, or remove it.',
          line,
          column: start + 1,
          endColumn: end + 1,
        },
      ],
    };
  }
  if (!isRecord(value))
    return whole('not-object', `The line is ${describe(value)} where a JSON object is needed.`, NO_MESSAGES.action);
  if (nestingDepth(text) > MAX_DEPTH) {
    return whole(
      'too-deep',
      `The line is nested more than ${String(MAX_DEPTH)} levels deep.`,
      'Flatten the example or remove the line.',
    );
  }

  const kind = detectKind(value);
  if (kind !== 'chat' && UNSUPPORTED_KINDS[kind] !== undefined) return { kind, example: null, findings: [] };
  const { messages } = value;
  if (!Array.isArray(messages)) {
    const message =
      messages === undefined ? NO_MESSAGES.message : `"messages" is ${describe(messages)} where a list is needed.`;
    return {
      kind,
      example: null,
      findings: [
        place(text, line, {
          ...NO_MESSAGES,
          message,
          severity: 'error',
          path: messages === undefined ? [] : ['messages'],
        }),
      ],
    };
  }
  if (messages.length === 0) {
    const message = 'The list of messages is empty.';
    return {
      kind,
      example: null,
      findings: [place(text, line, { ...NO_MESSAGES, message, severity: 'error', path: ['messages'] })],
    };
  }

  const findings = CHAT_RULES.flatMap((rule) => rule({ value, messages })).map((finding) => place(text, line, finding));
  const bad = findings.some((finding) => finding.severity === 'error');
  return { kind, example: bad ? null : toExample(value, messages), findings };
}

function place(text: string, line: number, finding: RuleFinding): Finding {
  const range = finding.path.length === 0 ? null : locate(text, finding.path);
  const { code, severity, message, action } = finding;
  return {
    code,
    severity,
    message,
    action,
    line,
    column: range === null ? 0 : range.start + 1,
    endColumn: range === null ? 0 : range.end + 1,
  };
}

/** Only the fields we know; the rules have vouched for their types. */
function toExample(value: Readonly<Record<string, unknown>>, messages: readonly unknown[]): ChatExample {
  return {
    messages: messages.filter(isRecord).map(toMessage),
    ...(Array.isArray(value['tools']) ? { tools: value['tools'] as readonly unknown[] } : {}),
    ...(typeof value['parallel_tool_calls'] === 'boolean' ? { parallel_tool_calls: value['parallel_tool_calls'] } : {}),
  };
}

function toMessage(raw: Readonly<Record<string, unknown>>): ChatMessage {
  const { content } = raw;
  const calls = Array.isArray(raw['tool_calls']) ? raw['tool_calls'].flatMap(toToolCall) : [];
  return {
    role: raw['role'] === 'function' ? 'tool' : (raw['role'] as Role),
    content:
      typeof content === 'string' ? content : Array.isArray(content) ? (content as readonly ContentPart[]) : null,
    ...(typeof raw['name'] === 'string' ? { name: raw['name'] } : {}),
    ...(raw['weight'] === 0 || raw['weight'] === 1 ? { weight: raw['weight'] } : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(typeof raw['tool_call_id'] === 'string' ? { tool_call_id: raw['tool_call_id'] } : {}),
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
