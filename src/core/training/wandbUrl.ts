import type { EventHistory } from './history/eventHistory.ts';
import type { Job } from './job.ts';

const PLAIN = /^[A-Za-z0-9][\w.-]{0,127}$/;
/** Link to the public site; a link in a server's message to any other place is not followed. */
const LINK = /https:\/\/wandb\.ai\/[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*\/runs\/[A-Za-z0-9][\w.-]*/;

/**
 * Address of a job's run at Weights & Biases: the link named by the job or one of its messages, else the address made of team,
 * project and run (which providers name by the job's id). Null when the job reports to none, or its team is unknown.
 */
export function wandbRunUrl(job: Job, { messages }: Pick<EventHistory, 'messages'>): string | null {
  for (const text of [job.wandb?.url ?? '', ...messages.map(({ message }) => message)]) {
    const link = LINK.exec(text.slice(0, 2000))?.[0];
    if (link !== undefined) return link;
  }
  const { wandb } = job;
  const run = wandb?.runId ?? job.id;
  if (!wandb?.entity || ![wandb.entity, wandb.project, run].every((part) => PLAIN.test(part))) return null;
  return `https://wandb.ai/${wandb.entity}/${wandb.project}/runs/${run}`;
}
