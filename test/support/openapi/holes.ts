import type { Violation } from './validatingProxy.ts';

/** What the document does not say although it is so. Whatever else is noted is a mistake of ours. */
export const HOLES: readonly { readonly reason: string; readonly is: (violation: Violation) => boolean }[] = [
  {
    reason: 'The status `paused` is missing from the list, although there are calls that pause and resume.',
    is: ({ side, operation, message }) =>
      side === 'answer' &&
      operation.includes('/fine_tuning/jobs') &&
      /\/status must be equal to one of the allowed values/u.test(message),
  },
  {
    reason: 'Events of the type `moderation_checks` come from OpenAI and are missing from the list of types.',
    is: ({ side, operation, message }) =>
      side === 'answer' &&
      operation === 'GET /fine_tuning/jobs/{fine_tuning_job_id}/events' &&
      /\/type must be equal to one of the allowed values/u.test(message),
  },
  {
    reason: 'These paths document only 200: nothing is said of refusals. Their bodies are held against ErrorResponse.',
    is: ({ side, status, message }) =>
      side === 'answer' && (status ?? 0) >= 400 && message === `status ${String(status)} is not documented`,
  },
  {
    reason: 'The content of a file is documented as a JSON text; it is the bytes of the file.',
    is: ({ side, operation, message }) =>
      side === 'answer' &&
      operation === 'GET /files/{file_id}/content' &&
      message.startsWith("has the media type 'application/octet-stream'"),
  },
];

/** Violations that are nobody's fault but ours. */
export function unexplained(violations: readonly Violation[]): readonly Violation[] {
  return violations.filter((violation) => !HOLES.some(({ is }) => is(violation)));
}
