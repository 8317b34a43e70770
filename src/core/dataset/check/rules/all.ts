import { answerNotEmpty, hasAssistant, lastIsAssistant, messageNotEmpty, rolesAlternate } from './answer.ts';
import { knownKeys, systemIsMessage } from './keys.ts';
import { MESSAGE_RULES } from './messages.ts';
import { preferenceMessages, preferenceShape, promptCompletionShape, reinforcementShape } from './otherKinds.ts';
import type { ObjectRule, Rule } from './rule.ts';
import { toolArguments, toolCallsAnswered, toolCallShape, toolMessagesAnswer, toolsDeclared } from './toolCalls.ts';
import { toolSchemas } from './toolSchemas.ts';
import { messageWeight, somethingWeighs } from './weights.ts';

/** The rules of a supervised chat example, in the order in which they are read out. */
export const CHAT_RULES: readonly Rule[] = [
  knownKeys,
  systemIsMessage,
  ...MESSAGE_RULES,
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
  toolArguments,
  toolSchemas,
];

export const PREFERENCE_RULES: readonly ObjectRule[] = [preferenceShape, preferenceMessages];

export const REINFORCEMENT_RULES: readonly ObjectRule[] = [
  (value) => MESSAGE_RULES.flatMap((rule) => rule({ value, messages: value['messages'] as readonly unknown[] })),
  reinforcementShape,
];

export const PROMPT_COMPLETION_RULES: readonly ObjectRule[] = [promptCompletionShape];
