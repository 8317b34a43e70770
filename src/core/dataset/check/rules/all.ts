import { answerNotEmpty, hasAssistant, lastIsAssistant, messageNotEmpty, rolesAlternate } from './answer.ts';
import { knownKeys, systemIsMessage } from './keys.ts';
import { MESSAGE_RULES } from './messages.ts';
import {
  preferenceMessages,
  preferenceShape,
  promptCompletionShape,
  reinforcementMessages,
  reinforcementShape,
} from './otherKinds.ts';
import { noSpecialTokensInTools } from './specialTokens.ts';
import type { ObjectRule, Rule } from './rule.ts';
import {
  functionMessagesNamed,
  toolArguments,
  toolCallsAnswered,
  toolCallShape,
  toolMessagesAnswer,
  toolsDeclared,
} from './toolCalls.ts';
import { toolSchemas } from './toolSchemas.ts';
import { messageWeight, somethingWeighs } from './weights.ts';

/** The rules of a supervised chat example, in the order in which they are read out. */
export const CHAT_RULES: readonly Rule[] = [
  knownKeys,
  systemIsMessage,
  ...MESSAGE_RULES,
  noSpecialTokensInTools,
  hasAssistant,
  lastIsAssistant,
  answerNotEmpty,
  messageNotEmpty,
  rolesAlternate,
  messageWeight,
  somethingWeighs,
  toolCallShape,
  toolsDeclared,
  toolCallsAnswered,
  toolMessagesAnswer,
  functionMessagesNamed,
  toolArguments,
  toolSchemas,
];

export const PREFERENCE_RULES: readonly ObjectRule[] = [preferenceShape, preferenceMessages];

export const REINFORCEMENT_RULES: readonly ObjectRule[] = [reinforcementMessages, reinforcementShape];

export const PROMPT_COMPLETION_RULES: readonly ObjectRule[] = [promptCompletionShape];
