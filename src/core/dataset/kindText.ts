import { t } from '../base/messages.ts';
import type { ExampleKind } from './kind.ts';

/** Name of a kind of rows, in the plural. */
export function kindText(kind: ExampleKind): string {
  const texts: Readonly<Record<ExampleKind, string>> = {
    chat: t('chat examples'),
    preference: t('preference pairs (DPO)'),
    reinforcement: t('rows for reinforcement (RFT)'),
    'prompt-completion': t('prompt/completion pairs'),
    conversations: t('conversations (ShareGPT)'),
    instruction: t('instructions (Alpaca)'),
    'prompt-messages': t('prompts and completions as messages (TRL)'),
    pairs: t('questions and answers'),
    'chosen-rejected': t('chosen and rejected answers'),
    gemini: t('contents (Gemini)'),
    bedrock: t('conversations (Amazon Bedrock)'),
    templated: t('conversations inside one text'),
    'messages-text': t('messages as text'),
    'encoded-twice': t('lines encoded twice'),
    wrapped: t('lists of examples'),
    columns: t('columns instead of rows'),
    request: t('batch requests'),
    unknown: t('rows of an unknown kind'),
  };
  return texts[kind];
}
