import { adviceOf } from '../../../openWeights/knownModels.ts';
import type { WireError } from '../../server/wire.ts';
import type { ProgramEnd } from './childProgram.ts';

/** A sentence about what happened and an action. */
function problem(code: string, happened: string, action: string): WireError {
  return { code, message: `${happened} ${action}`, param: null };
}

export const NOT_SET_UP = problem(
  'trainer_not_set_up',
  'The Python that trains open-weights models is not set up.',
  'Run the command “Set Up Open-Weights Training…”.',
);

export function unknownBase(base: string): WireError {
  return problem(
    'model_not_found',
    `The open-weights model ${base} is no longer on this server's list.`,
    'Add it again with the command “Add Open-Weights Model…”.',
  );
}

/** @param parameters weights of the job's base model; null when unknown */
export function ofTrainer(
  error: {
    readonly code: string;
    readonly message: string;
    readonly action: string;
    /** Bytes. */
    readonly memory_available?: number | undefined;
  },
  parameters: number | null = null,
): WireError {
  return problem(error.code.replaceAll('-', '_'), error.message, adviceOf(error, parameters));
}

export function notProtocol(came: string): WireError {
  return problem(
    'trainer_protocol',
    `The trainer wrote something that is no message: ${JSON.stringify(came)}.`,
    'Repair it with the command “Set Up Open-Weights Training…”.',
  );
}

export function adapterGone(): WireError {
  return problem(
    'checkpoint_gone',
    'The checkpoint from which this job goes on is no longer there.',
    'Start the job again.',
  );
}

export function notWritten(error: unknown): WireError {
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return problem(
    'trainer_files',
    `The files of this job could not be written${code}.`,
    "Make room in the local server's folder and start the job again.",
  );
}

/** Problem of a program that ended without a last message. */
export function endedSilently({ code, signal, unstarted }: ProgramEnd): WireError {
  if (unstarted !== null) {
    return problem(
      'trainer_not_started',
      `The Python that trains open-weights models could not be started (${unstarted}).`,
      'Repair it with the command “Set Up Open-Weights Training…”.',
    );
  }
  // The system takes memory back in this way.
  if (signal === 'SIGKILL' || code === 137) {
    return problem(
      'trainer_killed',
      'The training process was ended by the system, probably for want of memory.',
      'Lower the batch size, close other programs or choose a smaller model, and start the job again.',
    );
  }
  const how = signal === null ? `with exit code ${String(code)}` : `by ${signal}`;
  return problem(
    'trainer_ended',
    `The training process ended ${how} and did not say why.`,
    'Read the last lines in the events of this job and start it again.',
  );
}
