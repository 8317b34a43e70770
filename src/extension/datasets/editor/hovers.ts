import * as vscode from 'vscode';
import { listOf, t, tn } from '../../../core/base/messages.ts';
import { lineCost } from '../../../core/cost/lineCost.ts';
import type { LineDetails } from '../../../protocol/datasetWorker.ts';
import { priceOverrides } from '../../config.ts';
import type { DatasetWorkerClient } from '../workerClient.ts';
import { priceTable } from '../../../core/cost/prices.ts';

import { isDatasetDocument } from './datasetDocuments.ts';
import { abortWith } from '../commands/abortWith.ts';

/** A longer line is not sent to be shown in a box of a few hundred pixels. */
const MAX_LINE = 1024 * 1024;
/** Longest text of one message, and most messages, in a hover. */
const MAX_TEXT = 2000;
const MAX_MESSAGES = 20;

/** The conversation of a line, readable: line breaks are line breaks. Its text is put into code blocks, never into Markdown. */
export class DatasetHovers implements vscode.HoverProvider {
  private readonly datasets: DatasetWorkerClient;

  constructor(datasets: DatasetWorkerClient) {
    this.datasets = datasets;
  }

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    if (!isDatasetDocument(document)) return undefined;
    const { text, range } = document.lineAt(position.line);
    if (text.length > MAX_LINE) return undefined;
    const details = await this.datasets.describeLine(text, abortWith(token)).catch(() => null);
    return details === null ? undefined : new vscode.Hover(render(details), range);
  }
}

function render({ messages, tokens, estimated }: LineDetails): vscode.MarkdownString {
  const page = new vscode.MarkdownString();
  page.isTrusted = false;
  page.supportHtml = false;
  page.supportThemeIcons = false;
  const count = tn(messages.length, '{0} message', '{0} messages');
  const length = estimated
    ? tn(tokens, 'about {0} token per epoch', 'about {0} tokens per epoch')
    : tn(tokens, '{0} token per epoch', '{0} tokens per epoch');
  page.appendMarkdown(`${count} · ${length}`);
  // Names of models may come from the settings: text, not Markdown.
  const cost = lineCost(tokens, priceTable(priceOverrides()), Date.now());
  if (cost !== null) page.appendText(`\n${estimated ? t('about {0}', cost) : cost}`);
  for (const message of messages.slice(0, MAX_MESSAGES)) {
    page.appendMarkdown('\n\n');
    // The role is one of the five; everything else of the data is escaped or in a code block.
    page.appendMarkdown(`**${message.role}** · ${tn(message.tokens, '{0} token', '{0} tokens')}`);
    if (message.otherParts.length > 0) page.appendText(` · ${t('with {0}', listOf(message.otherParts.map(partName)))}`);
    const texts = message.text === '' ? message.calls : [message.text, ...message.calls];
    for (const text of texts) page.appendCodeblock(shown(text), 'plaintext');
  }
  if (messages.length > MAX_MESSAGES) {
    page.appendMarkdown('\n\n');
    page.appendMarkdown(tn(messages.length - MAX_MESSAGES, '{0} more message', '{0} more messages'));
  }
  return page;
}

/** A type such as `image_url`; others may be written like addresses, which Markdown makes links of. */
function partName(type: string): string {
  return /^[a-z_]{1,40}$/.test(type) ? type : t('a part of unknown type');
}

/** Shortens a text; control characters become pictures of themselves, those without width or of direction a mark. */
function shown(text: string): string {
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT).replace(/[\uD800-\uDBFF]$/, '')}…` : text;
  return short
    .replace(/\r\n?/g, '\n')
    .replace(/(?![\t\n])\p{Cc}/gu, (char) => (char < ' ' ? String.fromCharCode(0x2400 + char.charCodeAt(0)) : '\uFFFD'))
    .replace(/[\p{Cs}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/gu, '\uFFFD');
}
