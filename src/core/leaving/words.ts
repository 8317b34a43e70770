// Words of the inventory, in the panel, the document and the command line.
import { t } from '../base/messages.ts';
import type { FilePlace } from './inventory.ts';
import type { What } from './leavingIndex.ts';

export function filePlaceText(file: FilePlace | null): string {
  switch (file?.place) {
    case undefined:
      return t('unknown');
    case 'here':
      return t('here');
    case 'provider':
      return t('at the provider');
    case 'gone':
      return t('gone');
    case 'unknown':
      return t('unknown');
  }
}

export function whatText(what: What): string {
  switch (what) {
    case 'training file':
      return t('training file');
    case 'validation file':
      return t('validation file');
    case 'result file':
      return t('result file');
    case 'other file':
      return t('file of no known job');
    case 'job':
      return t('job with its settings and checkpoints');
    case 'events':
      return t('events and curves of a job');
  }
}
