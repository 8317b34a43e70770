import { t } from '../base/messages.ts';
import type { RuleCode } from './check/ruleTable.ts';
import type { ExampleKind } from './kind.ts';

/** Problem of a whole file of one kind. */
export interface UnsupportedKind {
  readonly code: RuleCode;
  readonly message: string;
  readonly action: string;
}

/** Problem of a whole file of that kind; null for kinds that are trained on here, and for `unknown`. */
export function unsupportedKind(kind: ExampleKind): UnsupportedKind | null {
  switch (kind) {
    case 'preference':
      return {
        code: 'kind-preference',
        message: t('These are preference pairs (DPO), but chat examples are needed here.'),
        action: t('Choose a file of chat examples that end in an assistant message.'),
      };
    case 'reinforcement':
      return {
        code: 'kind-reinforcement',
        message: t('These are reinforcement examples (RFT), but chat examples are needed here.'),
        action: t('Choose a file of chat examples that end in an assistant message.'),
      };
    case 'prompt-completion':
      return {
        code: 'kind-prompt-completion',
        message: t('The file is in the legacy prompt/completion format, which chat models cannot be trained on.'),
        action: t('Turn each prompt into a user message and each completion into an assistant message.'),
      };
    case 'prompt-messages':
      return {
        code: 'kind-prompt-messages',
        message: t('The rows have lists of messages as prompt and completion (TRL), which providers do not accept.'),
        action: t('Put both lists into one list called "messages".'),
      };
    case 'pairs':
      return {
        code: 'kind-pairs',
        message: t(
          'The rows are pairs of a question and an answer, which chat models cannot be trained on as they are.',
        ),
        action: t('Turn each question into a user message and each answer into an assistant message.'),
      };
    case 'conversations':
      return {
        code: 'kind-conversations',
        message: t('The file is in the ShareGPT format ("conversations"), which providers do not accept.'),
        action: t(
          'Rename "conversations" to "messages", and "from" and "value" of its turns, if they have them, to "role" and "content".',
        ),
      };
    case 'instruction':
      return {
        code: 'kind-instruction',
        message: t('The file is in the Alpaca format ("instruction", "output"), which providers do not accept.'),
        action: t('Turn each instruction into a user message and each output into an assistant message.'),
      };
    case 'chosen-rejected':
      return {
        code: 'kind-chosen-rejected',
        message: t('These are preference data ("chosen", "rejected") in a form that providers do not accept.'),
        action: t('Write them as "input", "preferred_output" and "non_preferred_output".'),
      };
    case 'gemini':
      return {
        code: 'kind-gemini',
        message: t('The rows are in the form of Gemini ("contents", "parts"), which other providers do not accept.'),
        action: t('Turn the contents into messages, with "model" as the role "assistant".'),
      };
    case 'bedrock':
      return {
        code: 'kind-bedrock',
        message: t('The rows are in the form of Amazon Bedrock, which other providers do not accept.'),
        action: t('Write each content as text, and the system prompt as the first message.'),
      };
    case 'templated':
      return {
        code: 'kind-templated',
        message: t('The rows are conversations inside one text, with the marks of a chat template.'),
        action: t('Turn each turn into a message, without the marks.'),
      };
    case 'messages-text':
      return {
        code: 'kind-messages-text',
        message: t('"messages" is a text that holds a list, where the list itself is needed.'),
        action: t('Write the list without quotes round it.'),
      };
    case 'encoded-twice':
      return {
        code: 'kind-encoded-twice',
        message: t('The lines are encoded twice: each is a text that holds an object.'),
        action: t('Write the objects without quotes round them.'),
      };
    case 'wrapped':
      return {
        code: 'kind-wrapped',
        message: t('The examples are in a list inside one object, where one object per line is needed (JSONL).'),
        action: t('Write each example of the list on its own line.'),
      };
    case 'columns':
      return {
        code: 'kind-columns',
        message: t('The file holds columns, where one object per example is needed.'),
        action: t('Write each example on its own line.'),
      };
    case 'request':
      return {
        code: 'kind-request',
        message: t('These are batch requests ("custom_id", "body"), not examples to train on.'),
        action: t('Choose a file of chat examples that end in an assistant message.'),
      };
    case 'chat':
    case 'unknown':
      return null;
  }
}
