// Failures of the hub: one sentence and one action each.
import { bytesInWords } from '../core/base/bytes.ts';
import { listOf, t } from '../core/base/messages.ts';
import type { Problem } from '../core/base/result.ts';
import { untrustedText } from '../core/base/untrustedText.ts';

/** Failure with words for the user. `retry`: the same request may succeed in a moment. */
export class HubError extends Error {
  readonly problem: Problem;
  readonly retry: boolean;
  /** Milliseconds that the hub asks to wait; null: it does not say. */
  readonly wait: number | null;

  constructor(
    problem: Problem,
    { retry = false, wait = null }: { readonly retry?: boolean; readonly wait?: number | null } = {},
  ) {
    super(problem.message);
    this.name = 'HubError';
    this.problem = problem;
    this.retry = retry;
    this.wait = wait;
  }
}

export function offline(): Problem {
  return {
    code: 'offline',
    message: t('HF_HUB_OFFLINE forbids requests to the hub.'),
    action: t('Remove HF_HUB_OFFLINE from the environment and restart VS Code.'),
  };
}

export function noNetwork(host: string): Problem {
  return {
    code: 'no-network',
    message: t('{0} cannot be reached.', host),
    action: t('Check the network and HF_ENDPOINT, then try again.'),
  };
}

export function stalled(host: string): Problem {
  return {
    code: 'no-network',
    message: t('{0} stopped sending.', host),
    action: t('Check the network, then try again.'),
  };
}

export function busy(host: string): Problem {
  return {
    code: 'hub-busy',
    message: t('{0} takes no more requests for now (429).', host),
    action: t('Try again in some minutes; an access token allows more requests.'),
  };
}

export function answered(host: string, status: number): Problem {
  return {
    code: status < 500 ? 'hub-refused' : 'hub-error',
    message: t('{0} answered with an error ({1}).', host, status),
    action: t('Try again later.'),
  };
}

export function notUnderstood(host: string): Problem {
  return {
    code: 'hub-error',
    message: t('{0} sent an answer that cannot be read.', host),
    action: t('Check that HF_ENDPOINT is the address of a hub.'),
  };
}

export function unsafeRedirect(host: string): Problem {
  return {
    code: 'unsafe-redirect',
    message: t('{0} leads to an address that is not secure.', host),
    action: t('Use a hub whose addresses start with https://.'),
  };
}

export function gated(dataset: string): Problem {
  return {
    code: 'gated',
    message: t('{0} is only for accounts that accepted its terms.', dataset),
    action: t('Accept them on its page, then enter an access token of that account.'),
  };
}

export function badToken(): Problem {
  return {
    code: 'bad-token',
    message: t('The hub refused the access token.'),
    action: t('Enter another access token.'),
  };
}

/** The hub answers alike for private and for absent datasets. */
export function noDataset(dataset: string, hasToken: boolean): Problem {
  return {
    code: hasToken ? 'no-dataset' : 'no-dataset-or-private',
    message: t('The hub has no dataset {0}, or it is private.', dataset),
    action: t('Check the id, for example {0}.', 'HuggingFaceH4/no_robots'),
  };
}

export function disabled(dataset: string): Problem {
  return {
    code: 'disabled',
    message: t('The hub has disabled {0}.', dataset),
    action: t('Choose another dataset.'),
  };
}

export function needsCode(dataset: string): Problem {
  return {
    code: 'needs-code',
    message: t('{0} is made by Python code of its own, and code of datasets is never run.', dataset),
    action: t('Choose a dataset that the hub shows as a table.'),
  };
}

/** @param endings endings of the files that are there */
export function noRows(dataset: string, endings: readonly string[]): Problem {
  return {
    code: 'no-rows',
    message:
      endings.length === 0
        ? t('{0} has no files with rows.', dataset)
        : t(
            '{0} has no Parquet or JSON Lines files, only {1}.',
            dataset,
            listOf(endings.map((ending) => untrustedText(ending))),
          ),
    action: endings.some((ending) => /^\.(?:csv|tsv)$/.test(ending))
      ? t('Download a file from its page and convert it with Convert to Chat JSONL.')
      : t('Choose another dataset.'),
  };
}

export function tooMany(dataset: string): Problem {
  return {
    code: 'too-many-files',
    message: t('{0} has more files than can be looked at.', dataset),
    action: t('Choose another configuration or split, or a smaller dataset.'),
  };
}

export function noSize(name: string): Problem {
  return {
    code: 'hub-error',
    message: t('The hub does not tell the size of {0}.', untrustedText(name)),
    action: t('Try again later.'),
  };
}

export function corrupt(name: string): Problem {
  return {
    code: 'corrupt-download',
    message: t("{0} arrived damaged: it differs from the hub's.", untrustedText(name)),
    action: t('Import the dataset again.'),
  };
}

export function noDisk(folder: string, needed: number, free: number): Problem {
  return {
    code: 'no-disk',
    message: t('The import needs {0} in {1}, where {2} are free.', bytesInWords(needed), folder, bytesInWords(free)),
    action: t('Make room, or import fewer rows.'),
  };
}
