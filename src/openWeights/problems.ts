// Failures of the set-up: one sentence and one action each.
import { t } from '../core/base/messages.ts';
import type { Problem } from '../core/base/result.ts';

/** Failure with words for the user; thrown by the set-up, Doctor and downloads. */
export class OpenWeightsError extends Error {
  readonly problem: Problem;
  /** File with the output of the program that failed; null when there is none. */
  readonly log: string | null;

  constructor(problem: Problem, log: string | null = null) {
    super(problem.message);
    this.problem = problem;
    this.log = log;
  }
}

const LEAST_PYTHON = '3.11';
export const SETTING = 'tuningFork.openWeights.python';

export function noPython(): Problem {
  return {
    code: 'no-python',
    message: t('Open-weights training needs Python {0} or newer, and none was found.', LEAST_PYTHON),
    action: t('Install Python, then set up open-weights training again.'),
  };
}

export function notAPython(command: string): Problem {
  return {
    code: 'no-python',
    message: t('{0}, named by the setting {1}, does not run as Python.', command, SETTING),
    action: t('Correct the setting or clear it.'),
  };
}

export function oldPython(version: string, where: string): Problem {
  return {
    code: 'old-python',
    message: t(
      'The newest Python found is {0} ({1}); open-weights training needs {2} or newer.',
      version,
      where,
      LEAST_PYTHON,
    ),
    action: t('Install a newer Python, or name one in the setting {0}.', SETTING),
  };
}

export function narrowPython(where: string): Problem {
  return {
    code: 'narrow-python',
    message: t('{0} is a 32-bit Python, for which PyTorch does not exist.', where),
    action: t('Install a 64-bit Python.'),
  };
}

export function noVenv(where: string): Problem {
  return {
    code: 'no-venv',
    message: t('{0} cannot make virtual environments: its venv module is not installed.', where),
    action:
      process.platform === 'linux'
        ? t('Install it (on Debian and Ubuntu: apt-get install python3-venv), then try again.')
        : t('Install Python from python.org, then try again.'),
  };
}

export function noDisk(folder: string, needed: string, free: string): Problem {
  return {
    code: 'no-disk',
    message: t('Open-weights training needs {0} in {1}, where {2} are free.', needed, folder, free),
    action: t('Make room, then try again.'),
  };
}

export function diskFull(folder: string): Problem {
  return {
    code: 'no-disk',
    message: t('The disk of {0} became full during the installation.', folder),
    action: t('Make room, then try again.'),
  };
}

export function noNetwork(): Problem {
  return {
    code: 'no-network',
    message: t('The packages cannot be downloaded: the package index cannot be reached.'),
    action: t("Check the network, or pip's settings for a proxy or an index of your own, then try again."),
  };
}

export function installFailed(what: string, lastLine: string): Problem {
  return {
    code: 'install-failed',
    message:
      lastLine === '' ? t('Installing {0} failed.', what) : t('Installing {0} failed: {1}', what, ended(lastLine)),
    action: t('See the log, then choose Repair.'),
  };
}

export function trainerBroken(lastLine: string): Problem {
  return {
    code: 'trainer-broken',
    message: lastLine === '' ? t('The trainer does not start.') : t('The trainer does not start: {0}', ended(lastLine)),
    action: t('Repair the set-up of open-weights training.'),
  };
}

/** @param came what the trainer wrote instead of a message */
export function notUnderstood(came: string): Problem {
  return {
    code: 'trainer-broken',
    message: t('The trainer wrote something that is no message: {0}', ended(came)),
    action: t('Repair the set-up of open-weights training.'),
  };
}

export function trainerKilled(): Problem {
  return {
    code: 'trainer-killed',
    message: t('The trainer was ended by the system, probably for want of memory.'),
    action: t('Close other programs or choose a smaller model, then try again.'),
  };
}

export function notListed(model: string): Problem {
  return {
    code: 'not-listed',
    message: t('The open-weights model {0} is no longer on the list of this machine.', model),
    action: t('Add it again, or choose another base model.'),
  };
}

export function noTrainerFiles(): Problem {
  return {
    code: 'no-trainer',
    message: t('This build of the extension does not contain the trainer.'),
    action: t('Install the extension again.'),
  };
}

export function notSetUp(): Problem {
  return {
    code: 'not-set-up',
    message: t('Open-weights training is not set up on this machine.'),
    action: t('Set it up first.'),
  };
}

export function busy(): Problem {
  return {
    code: 'set-up-busy',
    message: t('Another window is setting up open-weights training.'),
    action: t('Wait until it has finished.'),
  };
}

function ended(line: string): string {
  return /[.!?…]$/.test(line) ? line : `${line}.`;
}
