import { imagesFromUser, imageUrls, trainedParts } from './contentParts.ts';
import { knownMessageKeys } from './keys.ts';
import { contentType, knownRole, messageIsObject, messageName } from './messageShape.ts';
import { noEmailAddresses, noSecrets } from './privacy.ts';
import type { Rule } from './rule.ts';
import { noSpecialTokens } from './specialTokens.ts';

/** Rules for messages in any place, in the order in which they are reported. */
export const MESSAGE_RULES: readonly Rule[] = [
  messageIsObject,
  knownRole,
  knownMessageKeys,
  messageName,
  contentType,
  trainedParts,
  imagesFromUser,
  imageUrls,
  noSpecialTokens,
  noSecrets,
  noEmailAddresses,
];
