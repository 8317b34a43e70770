// Events of the local engine that tell what it is about; written by it in English, read here.

/** Search for the settings that were left to the engine. */
export interface SearchStage {
  readonly multiplier: number;
  readonly epoch: number;
  /** Epochs that are tried at most. */
  readonly most: number;
}

/** Job that ended before its last step because validation got worse. */
export interface StoppedEarly {
  readonly step: number;
  readonly totalSteps: number;
  readonly since: number;
  /** Step of the checkpoint that became the model. */
  readonly checkpoint: number;
}

const SEARCH =
  /^Looking for n_epochs and learning_rate_multiplier on held-back examples: learning_rate_multiplier (\d+(?:\.\d+)?(?:e[-+]?\d+)?), epoch (\d+) of at most (\d+)$/;
const STOPPED =
  /^Stopped early at step (\d+) of (\d+): the (?:full )?validation loss has been getting worse since step (\d+), seen at two looks in a row\. The model is the checkpoint at step (\d+)/;

/** Writes the event of a search. */
export function searchMessage({ multiplier, epoch, most }: SearchStage): string {
  // eslint-disable-next-line tuning-fork/translated -- an event of the local server, in English as all of them
  return `Looking for n_epochs and learning_rate_multiplier on held-back examples: learning_rate_multiplier ${String(multiplier)}, epoch ${String(epoch)} of at most ${String(most)}`;
}

/** Reads the event of a search; null for other events. */
export function searchStage(message: string): SearchStage | null {
  const [, multiplier, epoch, most] = SEARCH.exec(message) ?? [];
  return multiplier === undefined ? null : { multiplier: Number(multiplier), epoch: Number(epoch), most: Number(most) };
}

/** Reads the event of an early end; null for other events. */
export function stoppedEarly(message: string): StoppedEarly | null {
  const [, step, totalSteps, since, checkpoint] = STOPPED.exec(message) ?? [];
  return step === undefined
    ? null
    : {
        step: Number(step),
        totalSteps: Number(totalSteps),
        since: Number(since),
        checkpoint: Number(checkpoint),
      };
}
