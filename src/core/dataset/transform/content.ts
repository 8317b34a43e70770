// Contents of messages: text, and parts as other providers write them.
import { t } from '../../base/messages.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { isRecord } from '../check/rules/rule.ts';
import type { Reason } from './sourceRow.ts';

/** What a content says. Calls and results that are parts of it come apart. */
export interface MadeContent {
  readonly content: unknown;
  readonly calls: readonly unknown[];
  readonly results: readonly { readonly id: unknown; readonly value: unknown }[];
}

/** Content of a message from any form of it; text stays text, and what is not known is refused. */
export function contentOf(value: unknown): Result<MadeContent, Reason> {
  if (!Array.isArray(value)) {
    if (isRecord(value)) return contentOf([value]);
    return ok({ content: value ?? null, calls: [], results: [] });
  }
  const parts: unknown[] = [];
  const calls: unknown[] = [];
  const results: { id: unknown; value: unknown }[] = [];
  for (const part of value as readonly unknown[]) {
    const call = isRecord(part) ? callOf(part) : null;
    const result = isRecord(part) ? resultOf(part) : null;
    if (call !== null) calls.push(call);
    else if (result !== null) results.push(result);
    else {
      const made = partOf(part);
      if (made === null) return fail(t('A part of a message is of a kind that cannot be converted.'));
      parts.push(made);
    }
  }
  const [only] = parts;
  const text = parts.length === 1 && isRecord(only) && only['type'] === 'text' ? only['text'] : undefined;
  return ok({ content: parts.length === 0 ? null : (text ?? parts), calls, results });
}

function partOf(part: unknown): unknown {
  if (typeof part === 'string') return { type: 'text', text: part };
  if (!isRecord(part)) return null;
  const { type } = part;
  const keys = Object.keys(part).filter((key) => key !== 'type' && key !== 'cache_control');
  const [key] = keys;
  const text = part['text'] ?? part['value'] ?? part['content'];
  if (type === undefined || type === 'text' || type === 'input_text' || type === 'output_text') {
    if (typeof text === 'string' && keys.length === 1) return { type: 'text', text };
    if (type !== undefined) return null;
  }
  if (type === 'image_url' || type === 'input_image') {
    const given = part['image_url'];
    return typeof given === 'string'
      ? imagePart(given)
      : isRecord(given)
        ? { type: 'image_url', image_url: given }
        : null;
  }
  if (type === 'image' || key === 'image') return imageOf(part);
  if (key === 'inlineData' || key === 'inline_data') {
    const data = part[key];
    const mime = isRecord(data) ? (data['mimeType'] ?? data['mime_type']) : undefined;
    return isRecord(data) ? imageData(mime, data['data']) : null;
  }
  return null;
}

/** Pictures of Anthropic, Bedrock and Qwen. */
function imageOf(part: Readonly<Record<string, unknown>>): unknown {
  const inside = part['image'] ?? part['url'] ?? part['source'];
  if (typeof inside === 'string') return imagePart(inside);
  if (!isRecord(inside)) return null;
  const source = isRecord(inside['source']) ? inside['source'] : inside;
  if (typeof source['url'] === 'string') return imagePart(source['url']);
  const format = inside['format'];
  const mime = source['media_type'] ?? (typeof format === 'string' ? `image/${format}` : undefined);
  return imageData(mime, source['data'] ?? source['bytes']);
}

/** Part of a picture that a provider can load; null for a path. */
export function imagePart(address: string): unknown {
  return /^(?:https?:|data:image\/)/i.test(address) ? { type: 'image_url', image_url: { url: address } } : null;
}

function imageData(mime: unknown, data: unknown): unknown {
  if (typeof mime !== 'string' || typeof data !== 'string' || !mime.startsWith('image/')) return null;
  return imagePart(`data:${mime};base64,${data}`);
}

function callOf(part: Readonly<Record<string, unknown>>): unknown {
  const inside =
    part['type'] === 'tool_use' ? part : (part['functionCall'] ?? part['function_call'] ?? part['toolUse']);
  if (!isRecord(inside)) return null;
  const id = inside['id'] ?? inside['toolUseId'];
  return {
    ...(id === undefined ? {} : { id }),
    name: inside['name'],
    arguments: inside['input'] ?? inside['args'] ?? {},
  };
}

function resultOf(part: Readonly<Record<string, unknown>>): MadeContent['results'][number] | null {
  const response = part['functionResponse'] ?? part['function_response'];
  if (isRecord(response)) return { id: undefined, value: response['response'] };
  const inside = part['type'] === 'tool_result' ? part : part['toolResult'];
  if (!isRecord(inside)) return null;
  const content = contentOf(inside['content']);
  const value = content.ok && typeof content.value.content === 'string' ? content.value.content : inside['content'];
  return { id: inside['tool_use_id'] ?? inside['toolUseId'], value };
}
