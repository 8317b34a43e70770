import type { AdvancedSettings } from '../../core/training/job.ts';

/** Adapter that was trained elsewhere and copied into the server's folder. */
export interface AdoptedAdapter {
  /** Id of its base model. */
  readonly base: string;
  /** Bytes that stand for it; see `EngineHost.load`. */
  readonly bytes: Uint8Array;
  /** As its configuration tells. */
  readonly advanced: AdvancedSettings;
}
