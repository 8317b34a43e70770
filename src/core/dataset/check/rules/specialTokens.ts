import { t } from '../../../base/messages.ts';
import { isRecord, textsOf, type Rule, type RuleFinding } from './rule.ts';

// Providers refuse the whole job for one of these, after the upload (johny-b/llmcomp#59 saw it at example 6174).
const SPECIAL = /<\|(?:endoftext|fim_prefix|fim_middle|fim_suffix|im_start|im_end|im_sep|endofprompt)\|>/;

/** No text holds a control token of the tokenizer. */
export const noSpecialTokens: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  messages.forEach((message, index) => {
    if (!isRecord(message)) return;
    for (const { text, path } of textsOf(message['content'], ['messages', index, 'content'])) {
      const match = SPECIAL.exec(text);
      if (match === null) continue;
      findings.push({
        code: 'special-token',
        message: t(
          'Message {0} contains the control token {1}, for which providers reject the whole file.',
          index + 1,
          match[0],
        ),
        action: t('Remove the token from the text, or write it differently.'),
        path,
        part: { start: match.index, end: match.index + match[0].length },
      });
      break;
    }
  });
  return findings;
};
