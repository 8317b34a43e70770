// The wire form of one line of a chat dataset (https://platform.openai.com/docs/guides/supervised-fine-tuning).

export const ROLES = ['system', 'developer', 'user', 'assistant', 'tool'] as const;
export type Role = (typeof ROLES)[number];

export interface ContentPart {
  readonly type: string;
  readonly text?: string;
}

export interface ToolCall {
  readonly id?: string;
  readonly type?: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

export interface ChatMessage {
  readonly role: Role;
  readonly content: string | readonly ContentPart[] | null;
  readonly name?: string;
  /** 0: not trained on, 1: trained on; assistant messages only. */
  readonly weight?: 0 | 1;
  readonly tool_calls?: readonly ToolCall[];
  readonly tool_call_id?: string;
  /** The legacy form of one tool call. */
  readonly function_call?: { readonly name: string; readonly arguments: string };
}

/** One supervised example: a conversation that ends in the answer to learn. */
export interface ChatExample {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly unknown[];
  /** The legacy form of tools. */
  readonly functions?: readonly unknown[];
  readonly parallel_tool_calls?: boolean;
}

/** Tells whether a content has parts that are not text (images, audio). */
export function hasOtherParts(content: ChatMessage['content']): boolean {
  return typeof content === 'object' && content !== null && content.some((part) => part.type !== 'text');
}

/** The text of a message: a string as it is, text parts joined, nothing for images and tool calls. */
export function textOf(message: Pick<ChatMessage, 'content'>): string {
  const { content } = message;
  if (typeof content === 'string') return content;
  if (content === null) return '';
  return content.map((part) => part.text ?? '').join('');
}
