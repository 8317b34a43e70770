// Entry of dist/openai.cjs, which the extension loads on first use: the client library stays out of its own bundle.
export { createClient, type ClientDeps } from './client.ts';
export { speak } from '../core/base/messages.ts';
