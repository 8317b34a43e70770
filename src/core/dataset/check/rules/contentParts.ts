import { t } from '../../../base/messages.ts';
import { describe, isRecord, roleOf, type Rule, type RuleFinding } from './rule.ts';

const KNOWN_PARTS: ReadonlySet<unknown> = new Set(['text', 'image_url', 'refusal', 'input_audio', 'file']);
/** Images that vision fine-tuning accepts (https://platform.openai.com/docs/guides/vision-fine-tuning). */
const DATA_URL = /^data:image\/(?:jpeg|jpg|png|webp);base64,[A-Za-z0-9+/]+={0,2}$/;
const MAX_IMAGES = 64;

/** Parts have types that providers know. */
export const knownParts: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  for (const { part, path, index } of partsOf(messages)) {
    if (typeof part['type'] !== 'string' || KNOWN_PARTS.has(part['type'])) continue;
    findings.push({
      code: 'content-part',
      message: t(
        'A part of message {0} has the type {1}, which providers do not know.',
        index + 1,
        describe(part['type']),
      ),
      action: t('Use the type "text" or "image_url".'),
      path: [...path, 'type'],
    });
  }
  return findings;
};

/** Images are in user messages. */
export const imagesFromUser: Rule = ({ messages }) =>
  partsOf(messages).flatMap(({ part, path, index }) =>
    part['type'] !== 'image_url' || roleOf(messages[index]) === 'user'
      ? []
      : [
          {
            code: 'image-role' as const,
            message: t('Message {0} has an image but is not from the user.', index + 1),
            action: t('Move the image to a user message, or remove it.'),
            path,
          },
        ],
  );

/** Images are addressed by http(s), or are there as JPEG, PNG or WEBP in base64. */
export const imageUrls: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  let images = 0;
  for (const { part, path } of partsOf(messages)) {
    if (part['type'] !== 'image_url') continue;
    images += 1;
    const image = part['image_url'];
    const url = isRecord(image) ? image['url'] : undefined;
    const place = isRecord(image) && 'url' in image ? [...path, 'image_url', 'url'] : [...path, 'image_url'];
    if (images === MAX_IMAGES + 1) {
      findings.push({
        code: 'image-url',
        message: t('The example has more than {0} images, which providers do not accept.', MAX_IMAGES),
        action: t('Remove images, or split the example.'),
        path,
      });
    }
    if (typeof url !== 'string') {
      findings.push({
        code: 'image-url',
        message: t('An image has no URL.'),
        action: t('Write it as {"type": "image_url", "image_url": {"url": "https://…"}}.'),
        path: place,
      });
    } else if (!/^https?:\/\/[^\s/]+/i.test(url) && !isImageData(url)) {
      findings.push({
        code: 'image-url',
        message: /^data:/i.test(url)
          ? t('An image is not a JPEG, PNG or WEBP in base64.')
          : t('An image has the URL {0}, which is neither http(s) nor a data URL.', describe(url)),
        action: t('Write its URL on the web, or the image itself as data:image/png;base64,….'),
        path: place,
      });
    }
  }
  return findings;
};

function isImageData(url: string): boolean {
  // The alphabet is checked in pieces: one expression over megabytes would overflow its stack in some engines.
  if (!DATA_URL.test(url.slice(0, 64))) return false;
  for (let at = 64; at < url.length; at += 65_536)
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(url.slice(at, at + 65_536))) return false;
  return true;
}

function partsOf(messages: readonly unknown[]) {
  return messages.flatMap((message, index) => {
    if (!isRecord(message) || !Array.isArray(message['content'])) return [];
    return message['content'].flatMap((part: unknown, at) =>
      isRecord(part) ? [{ part, index, path: ['messages', index, 'content', at] as (string | number)[] }] : [],
    );
  });
}
