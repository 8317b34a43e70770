import type { LateCommands } from '../contributions.ts';
import type { Services } from '../services.ts';
import { showProblem } from '../ui/errors.ts';

/** Offers starts that an earlier window left behind; the wizard and the saga are loaded on first use. */
export function registerFineTuning(services: Services, late: LateCommands): readonly { dispose(): unknown }[] {
  const { starts, watch } = services;
  return [
    starts,
    watch.onInterruptedStarts(() => {
      import('./interruptedStarts.ts')
        .then(({ offerInterrupted }) => offerInterrupted(services))
        .catch((error: unknown) => void showProblem(services, error));
    }),
    ...late('fineTuning'),
  ];
}
