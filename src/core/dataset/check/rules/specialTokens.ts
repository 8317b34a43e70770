import { t } from '../../../base/messages.ts';
import type { JsonPath } from '../../../jsonl/locate.ts';
import { isRecord, type Rule, type RuleFinding } from './rule.ts';

// Providers refuse the whole job for one of these, after the upload (johny-b/llmcomp#59 saw it at example 6174).
const SPECIAL = /<\|(?:endoftext|fim_prefix|fim_middle|fim_suffix|im_start|im_end|im_sep|endofprompt)\|>/;

/** No text that becomes a part of the prompt or the answer holds a control token of the tokenizer. */
export const noSpecialTokens: Rule = ({ messages }) =>
  messages.flatMap((message, index) => {
    const hit = firstToken(message, ['messages', index]);
    return hit === null
      ? []
      : [
          found(
            hit,
            t(
              'Message {0} contains the control token {1}, for which providers reject the whole file.',
              index + 1,
              hit.token,
            ),
          ),
        ];
  });

/** Names, descriptions and schemas of tools become text too. */
export const noSpecialTokensInTools: Rule = ({ value }) =>
  (['tools', 'functions'] as const).flatMap((key) => {
    const tools = value[key];
    if (!Array.isArray(tools)) return [];
    return tools.flatMap((tool: unknown, index) => {
      const hit = firstToken(tool, [key, index]);
      return hit === null
        ? []
        : [
            found(
              hit,
              t(
                'Tool {0} contains the control token {1}, for which providers reject the whole file.',
                index + 1,
                hit.token,
              ),
            ),
          ];
    });
  });

interface Hit {
  readonly token: string;
  readonly path: JsonPath;
  /** Offset in the text; -1 when the key at the end of the path holds the token. */
  readonly at: number;
}

function found({ token, path, at }: Hit, message: string): RuleFinding {
  const action = t('Remove the token from the text, or write it differently.');
  if (at === -1) return { code: 'special-token', message, action, path, atKey: true };
  return { code: 'special-token', message, action, path, part: { start: at, end: at + token.length } };
}

/** The first token in any text or key of a value; the values of lines that are nested too deep are not looked at. */
function firstToken(value: unknown, path: JsonPath): Hit | null {
  if (typeof value === 'string') {
    const match = SPECIAL.exec(value);
    return match === null ? null : { token: match[0], path, at: match.index };
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const hit = firstToken(item, [...path, index]);
      if (hit !== null) return hit;
    }
  } else if (isRecord(value)) {
    for (const [key, item] of Object.entries(value)) {
      const match = SPECIAL.exec(key);
      const hit = match === null ? firstToken(item, [...path, key]) : { token: match[0], path: [...path, key], at: -1 };
      if (hit !== null) return hit;
    }
  }
  return null;
}
