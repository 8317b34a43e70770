import { t, tn } from '../../base/messages.ts';
import { locate } from '../../jsonl/locate.ts';
import { textOf, type ChatExample } from '../example.ts';
import type { Finding } from '../finding.ts';
import { severityOf, type RuleCode } from './ruleTable.ts';

// Differences of a few rows of a file from most others. Takes row by row; keeps a short list of places for each
// variant, never a text for each row.

/** Place in a file: columns from 1, both 0 for the whole line. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly endColumn: number;
}

/** Most variants; with more of them there is no rule to differ from. */
const MAX_VARIANTS = 64;
/** Places kept for each variant; more rows of one sort are hardly a slip. */
const MAX_PLACES = 100;
/** Fewer rows make no rule. */
const MIN_ROWS_FOR_SYSTEM = 4;
const MIN_ROWS = 20;
/** Share of rows that must agree before the others are reported. */
const MOST_HAVE_SYSTEM = 0.75;
const MOST = 0.9;

interface Variant {
  readonly key: string;
  readonly count: number;
  readonly places: readonly Place[];
}

export interface VariantsState {
  readonly variants: readonly Variant[];
  readonly total: number;
  readonly tooMany: boolean;
}

/** State of a part of a file, as plain values. */
export interface DifferencesState {
  readonly systems: VariantsState;
  readonly formats: VariantsState;
  readonly withSystem: number;
  readonly without: number;
  readonly withoutPlaces: readonly Place[];
}

/** Variants of one thing with their counts and first places. */
class Variants {
  private readonly variants = new Map<string, { count: number; places: Place[] }>();
  private total = 0;
  private tooMany = false;

  add(key: string, place: () => Place): void {
    this.total += 1;
    let variant = this.variants.get(key);
    if (variant === undefined) {
      if (this.variants.size >= MAX_VARIANTS) {
        this.tooMany = true;
        return;
      }
      variant = { count: 0, places: [] };
      this.variants.set(key, variant);
    }
    variant.count += 1;
    if (variant.places.length < MAX_PLACES) variant.places.push(place());
  }

  state(): VariantsState {
    const variants = [...this.variants].map(([key, variant]) => ({ key, ...variant }));
    return { variants, total: this.total, tooMany: this.tooMany };
  }

  /** Adds all variants of the other after the own ones. */
  join(other: VariantsState, move: (place: Place) => Place): void {
    this.total += other.total;
    this.tooMany ||= other.tooMany;
    for (const { key, count, places } of other.variants) {
      let variant = this.variants.get(key);
      if (variant === undefined) {
        if (this.variants.size >= MAX_VARIANTS) {
          this.tooMany = true;
          continue;
        }
        variant = { count: 0, places: [] };
        this.variants.set(key, variant);
      }
      variant.count += count;
      variant.places.push(...places.slice(0, MAX_PLACES - variant.places.length).map(move));
    }
  }

  /** The variant that most rows have, and the places of the others; null when there is no such variant. */
  minority(): { readonly most: string; readonly places: readonly Place[] } | null {
    if (this.tooMany || this.total < MIN_ROWS) return null;
    for (const [most, { count }] of this.variants) {
      if (count < this.total * MOST) continue;
      const places = [...this.variants].flatMap(([key, variant]) => (key === most ? [] : variant.places));
      return places.length === 0 ? null : { most, places };
    }
    return null;
  }
}

export interface Differences {
  /** `system`: its text, or null when the row has none. */
  system(text: string | null, place: () => Place): void;
  /** `format` as `answerFormat` gives it; null for what has no format (tool calls). */
  answer(format: string, place: () => Place): void;
  state(): DifferencesState;
  /** Adds the state of the lines that follow those so far, which are numbered from 1. */
  join(state: DifferencesState, lines: number): void;
  findings(): readonly Finding[];
}

export function createDifferences(): Differences {
  const systems = new Variants();
  const formats = new Variants();
  let withSystem = 0;
  let without = 0;
  const withoutPlaces: Place[] = [];
  const say = (code: RuleCode, place: Place, message: string, action: string): Finding => ({
    code,
    severity: severityOf(code),
    message,
    action,
    ...place,
  });
  return {
    system(text, place) {
      if (text === null) {
        without += 1;
        if (withoutPlaces.length < MAX_PLACES) withoutPlaces.push(place());
        return;
      }
      withSystem += 1;
      systems.add(text, place);
    },
    answer(format, place) {
      formats.add(format, place);
    },
    state: () => ({ systems: systems.state(), formats: formats.state(), withSystem, without, withoutPlaces }),
    join(state, lines) {
      const move = (place: Place): Place => ({ ...place, line: place.line + lines });
      systems.join(state.systems, move);
      formats.join(state.formats, move);
      withSystem += state.withSystem;
      without += state.without;
      withoutPlaces.push(...state.withoutPlaces.slice(0, MAX_PLACES - withoutPlaces.length).map(move));
    },
    findings() {
      const findings: Finding[] = [];
      if (withSystem >= MIN_ROWS_FOR_SYSTEM && withSystem >= (withSystem + without) * MOST_HAVE_SYSTEM) {
        for (const place of withoutPlaces)
          findings.push(
            say(
              'system-prompt-missing',
              place,
              tn(
                withSystem,
                'The example has no system message, but {0} other example has one.',
                'The example has no system message, but {0} other examples have one.',
              ),
              t('Begin the example with the same system message as the others.'),
            ),
          );
      }
      for (const place of systems.minority()?.places ?? [])
        findings.push(
          say(
            'system-prompt-differs',
            place,
            t('The system message differs from the one that nearly all examples have.'),
            t('Use the same system message in all examples, unless the model should learn the difference.'),
          ),
        );
      const format = formats.minority();
      if (format !== null && format.most !== 'text') {
        for (const place of format.places)
          findings.push(
            say(
              'answer-format-differs',
              place,
              format.most === 'json'
                ? t('The answer is not JSON, but nearly all other answers are.')
                : t('The answer is not in the format "{0}" that nearly all answers have.', format.most),
              t('Write the answer in the format of the others, unless the model should learn the difference.'),
            ),
          );
      }
      return findings.sort((a, b) => a.line - b.line);
    },
  };
}

/** Notes the system message and the answer of an example that was read; `text` is its line, where they are looked up. */
export function noteDifferences(differences: Differences, example: ChatExample, text: string, line: number): void {
  const wholeLine = { line, column: 0, endColumn: 0 };
  const place = (index: number) => (): Place => {
    const range = locate(text, ['messages', index, 'content']);
    return range === null ? wholeLine : { line, column: range.start + 1, endColumn: range.end + 1 };
  };
  const system = example.messages.findIndex(({ role }) => role === 'system' || role === 'developer');
  const message = example.messages[system];
  if (message === undefined) differences.system(null, () => wholeLine);
  else differences.system(textOf(message), place(system));
  const last = example.messages.length - 1;
  const answer = example.messages[last];
  if (answer !== undefined && textOf(answer) !== '' && answer.tool_calls === undefined)
    differences.answer(answerFormat(textOf(answer)), place(last));
}

/** Longer answers are prose, whatever numbers they hold. */
export const MAX_FORMAT_LENGTH = 60;

/** `Price is $226.95` → `Price is $#`; `json` for objects and lists; `text` for everything else. */
export function answerFormat(answer: string): string {
  const text = answer.trim();
  const first = text[0];
  if ((first === '{' && text.endsWith('}')) || (first === '[' && text.endsWith(']'))) return 'json';
  if (text.length > MAX_FORMAT_LENGTH || !/\d/.test(text)) return 'text';
  return text.replace(/-?\d+(?:[.,]\d+)*/g, '#');
}
