import { answerNotEmpty, hasAssistant, lastIsAssistant } from './answer.ts';
import { contentType, knownRole, messageIsObject, messageWeight } from './messageShape.ts';
import type { Rule } from './rule.ts';
import { noSpecialTokens } from './specialTokens.ts';

/** The rules of a supervised chat example, in the order in which they are read out. */
export const CHAT_RULES: readonly Rule[] = [
  messageIsObject,
  knownRole,
  contentType,
  hasAssistant,
  lastIsAssistant,
  answerNotEmpty,
  messageWeight,
  noSpecialTokens,
];
