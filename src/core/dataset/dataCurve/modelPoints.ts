// Errors of a language model that was trained on parts of the rows, drawn beside the curve of the linear engine.
import type { ChatMessage } from '../example.ts';
import { intervalOf, type CurvePoint, type DataCurve } from './dataCurve.ts';
import type { CurveMeasurement } from './measurement.ts';

/** Parts of the training rows that the model is trained on, each within the next. */
export const POINT_SHARES = [0.25, 0.5, 1] as const;
/** Most rows that each model is asked. */
export const MOST_TESTED = 100;

/** Row that the models are tested on. */
export interface HeldRow {
  /** Messages before the answer. */
  readonly prompt: readonly ChatMessage[];
  /** Right answer, which no model is shown. */
  readonly answer: string;
}

/** Files with parts of the training rows, and the rows that are in none of them. */
export interface DataParts {
  /** Ascending by rows. */
  readonly parts: readonly {
    /** Of the training rows, 0…1. */
    readonly share: number;
    readonly rows: number;
    readonly path: string;
  }[];
  readonly held: readonly HeldRow[];
  /** Tokens that the longest answer needs at most, whatever the model's own tokens are. */
  readonly maxTokens: number;
  /** SHA-256 of the dataset, hexadecimal. */
  readonly sha256: string;
}

/** Measured errors of one model. */
export interface ModelPoints {
  /** Name of the base model. */
  readonly model: string;
  readonly tested: number;
  /** Whether the tested rows are those of the validation file. */
  readonly ofValidation: boolean;
  /** Ascending by rows; fewer than parts where the measurement ended early. */
  readonly points: readonly CurvePoint[];
}

/** Error of a model that was trained on `rows` rows, with its 90 % interval. `errors`: of each tested row (`answerError`). */
export function modelPoint(rows: number, errors: readonly number[], kind: CurveMeasurement['kind']): CurvePoint {
  return { rows, error: intervalOf(errors, kind) };
}

/** Adds the points of a model to those of others; those of the same model before are replaced. */
export function withModel(models: readonly ModelPoints[], added: ModelPoints): readonly ModelPoints[] {
  return [...models.filter(({ model }) => model !== added.model), added];
}

/** What will be measured beside a curve: the rows of each training, and the rows that each model is asked. */
export function plannedPoints({ rows, tested, crossValidated, points }: DataCurve): {
  readonly rows: readonly number[];
  readonly tested: number;
} {
  const training = points.at(-1)?.rows ?? 0;
  return {
    rows: POINT_SHARES.map((share) => Math.round(share * training)),
    tested: Math.min(MOST_TESTED, crossValidated ? rows - training : tested),
  };
}
