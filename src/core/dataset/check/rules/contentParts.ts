import { t } from '../../../base/messages.ts';
import { describe, isRecord, roleOf, type Rule, type RuleFinding } from './rule.ts';

const TRAINED_PARTS: ReadonlySet<unknown> = new Set(['text', 'image_url']);
/** Types of other interfaces, for the part of a chat example that says the same. */
const MEANT_PARTS: ReadonlyMap<unknown, string> = new Map([
  ['input_text', 'text'],
  ['output_text', 'text'],
  ['input_image', 'image_url'],
  ['image', 'image_url'],
]);
/** Images that vision fine-tuning accepts (https://platform.openai.com/docs/guides/vision-fine-tuning). */
const DATA_URL = /^data:image\/(?:jpeg|jpg|png|webp);base64,[A-Za-z0-9+/]+={0,2}$/;
/** Most images in an example at Azure OpenAI, which accepts the most. */
const MAX_IMAGES = 64;
/** Most images in an example at OpenAI. */
const MANY_IMAGES = 10;
/** Largest image in bytes, as of 2026-11. */
const MAX_IMAGE_BYTES = 10 * 1024 * 1024;

const DETAILS: ReadonlySet<unknown> = new Set(['auto', 'low', 'high']);

/** The type that was probably meant by that of another interface; null when nothing suggests itself. */
export function meantPart(type: unknown): string | null {
  return MEANT_PARTS.get(type) ?? null;
}

/** Parts have types that models are trained on. */
export const trainedParts: Rule = ({ messages }) => {
  const findings: RuleFinding[] = [];
  for (const { part, path, index } of partsOf(messages)) {
    const { type } = part;
    if (typeof type !== 'string' || TRAINED_PARTS.has(type)) continue;
    if (type === 'refusal' && roleOf(messages[index]) === 'assistant') continue;
    const meant = meantPart(type);
    findings.push({
      code: 'content-part',
      message: t(
        'A part of message {0} has the type {1}, which is not supported for fine-tuning.',
        index + 1,
        describe(type),
      ),
      action:
        meant === 'text'
          ? t('Write "text" as the type.')
          : meant === 'image_url'
            ? t('Write the part as {"type": "image_url", "image_url": {"url": …}}.')
            : t('Use the type "text" or "image_url".'),
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
    if (images === MANY_IMAGES + 1) {
      findings.push({
        code: 'image-count',
        message: t('The example has more than {0} images, the most that OpenAI accepts.', MANY_IMAGES),
        action: t('Remove images, split the example, or train it on Azure OpenAI, which accepts {0}.', MAX_IMAGES),
        path,
      });
    }
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
    } else if (/^data:/i.test(url)) {
      const bytes = Math.floor(((url.length - url.indexOf(',') - 1) * 3) / 4);
      if (bytes > MAX_IMAGE_BYTES)
        findings.push({
          code: 'image-too-large',
          message: t(
            'An image has {0} MB; providers accept {1} MB at most.',
            Math.ceil(bytes / 1048576),
            MAX_IMAGE_BYTES / 1048576,
          ),
          action: t('Make the image smaller, or write its URL on the web.'),
          path: place,
        });
    }
    const detail = isRecord(image) ? image['detail'] : undefined;
    if (detail !== undefined && detail !== null && !DETAILS.has(detail)) {
      findings.push({
        code: 'image-url',
        message: t('The detail of an image is {0}, which is none of auto, low and high.', describe(detail)),
        action: t('Write "auto", "low" or "high", or remove it.'),
        path: [...path, 'image_url', 'detail'],
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
