// A chosen and a rejected answer (TRL, LLaMA-Factory, HH-RLHF) as a preference pair.
import { t } from '../../base/messages.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { isRecord } from '../check/rules/rule.ts';
import { turnsOfTemplate } from '../templates.ts';
import { asTurns, historyOf, join, type Made } from './chatBody.ts';
import { isNothing, refuseByFlags, type Reason, type SourceRow } from './sourceRow.ts';
import { toolsOf } from './tools.ts';
import { messagesOf, systemTextOf, withImages, withSystem, type Message } from './turns.ts';

export function fromChoice(row: SourceRow): Result<Made, Reason> {
  const prompt = promptOf(row);
  if (!prompt.ok) return prompt;
  const [chosen, rejected] = [answersOf(row, 'chosen'), answersOf(row, 'rejected')];
  if (!chosen.ok) return chosen;
  if (!rejected.ok) return rejected;
  const flags = refuseByFlags(row, null);
  if (!flags.ok) return flags;
  const system = systemTextOf(row.takeFirst('system', 'system_prompt'));
  if (!system.ok) return system;
  const tools = toolsOf(row.take('tools'));
  if (!tools.ok) return tools;

  // Both answers may begin with the conversation, which is then the prompt, or its end.
  const shared = sharedTurns(chosen.value, rejected.value);
  const before = prompt.value;
  const own = shared.filter(({ role }) => role !== 'system');
  const tail = before.slice(-own.length);
  const isRepeated = own.length === 0 || (before.length >= own.length && own.every((turn, i) => isSame(turn, tail[i])));
  if (before.length > 0 && !isRepeated) return fail(t('The two answers follow another conversation than the prompt.'));
  const input = before.length === 0 ? shared : [...shared.filter(({ role }) => role === 'system'), ...before];
  const outputs = [chosen.value.slice(shared.length), rejected.value.slice(shared.length)];
  if (outputs.some((output) => output.length !== 1 || output[0]?.role !== 'assistant'))
    return fail(t('A preference pair has exactly one message as each of its answers.'));
  if (input.length === 0) return fail(t('The pair has no question.'));
  const pictured = withImages(row, input);
  if (!pictured.ok) return pictured;
  return ok({
    body: {
      input: {
        messages: withSystem(system.value, pictured.value),
        ...(tools.value === null ? {} : { tools: tools.value }),
      },
      preferred_output: outputs[0],
      non_preferred_output: outputs[1],
    },
    trained: 'preference',
  });
}

function promptOf(row: SourceRow): Result<readonly Message[], Reason> {
  const history = historyOf(row);
  if (!history.ok) return history;
  const given = row.takeFirst('prompt', 'question', 'conversations', 'conversation', 'messages');
  if (given !== undefined) {
    const turns = messagesOf(asTurns(given, 'user'), row);
    return turns.ok ? ok([...history.value, ...turns.value]) : turns;
  }
  const text = join(row.text('instruction'), row.text('input'), row.text('context'));
  return ok(text === '' ? history.value : [...history.value, { role: 'user', content: text }]);
}

function answersOf(row: SourceRow, key: 'chosen' | 'rejected'): Result<readonly Message[], Reason> {
  const value = row.take(key);
  const dialog = typeof value === 'string' && /^\s*Human:/.test(value) ? turnsOfTemplate(value) : null;
  const answers = messagesOf(dialog ?? asTurns(value, 'assistant'), row);
  if (!answers.ok) return answers;
  const last = answers.value.at(-1);
  return isNothing(last?.['content']) && isNothing(last?.['tool_calls'])
    ? fail(t('The chosen or the rejected answer is empty.'))
    : answers;
}

/** Turns that both begin with; never the last one, which is the answer. */
function sharedTurns(a: readonly Message[], b: readonly Message[]): readonly Message[] {
  let at = 0;
  while (at < Math.min(a.length, b.length) - 1 && isSame(a[at], b[at])) at += 1;
  return a.slice(0, at);
}

function isSame(a: Message | undefined, b: Message | undefined): boolean {
  return (
    isRecord(a) && isRecord(b) && JSON.stringify([a.role, a['content']]) === JSON.stringify([b.role, b['content']])
  );
}
