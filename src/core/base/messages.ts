// Sentences for users. Every one is written whole, in English, with its parameters, and looked up by that text.

/** Translations by their English sentence, as VS Code's `l10n/bundle.l10n.<language>.json`. */
export type Translations = Readonly<Record<string, string>>;

/** Language and sentences of a process, in a form that can be handed to a thread or a page. */
export interface Language {
  /** BCP 47, as `Intl` takes it. */
  readonly locale: string;
  readonly translations: Translations;
}

/** Language of the source text. */
export const ENGLISH: Language = { locale: 'en-US', translations: {} };

// The one state at module level: a language belongs to a process as a whole, is set once before its first sentence, and passing it
// through every function that names a fault would put it into each signature of the code.
let language = ENGLISH;
let whole: Intl.NumberFormat | undefined;
let rules: Intl.PluralRules | undefined;

/** Sets the language of this process, thread or page; each host calls it once, before its first sentence. */
export function speak(next: Language): void {
  let locale: string | undefined;
  language = {
    // When it is first asked for: the data of all locales are read then, which takes as long as half of an activation.
    get locale() {
      return (locale ??= supported(next.locale));
    },
    translations: next.translations,
  };
  whole = undefined;
  rules = undefined;
}

/** Language in use, for a thread or a page that this process starts. */
export function spoken(): Language {
  return language;
}

/**
 * A sentence in the language of the process.
 * @param message whole English sentence; `{0}`, `{1}`, … are the places of the values. A literal: the build collects it.
 * @param values texts as they are, numbers grouped by the locale with up to 20 decimals. Text from outside passes the surface's own
 *   function for untrusted text first.
 */
export function t(message: string, ...values: readonly (string | number)[]): string {
  return fill(
    Object.hasOwn(language.translations, message) ? (language.translations[message] ?? message) : message,
    values,
  );
}

/**
 * A sentence about a number: `tn(rows, '{0} row is empty.', '{0} rows are empty.')`. `{0}` is the number, `{1}` the first of `values`.
 * A language with more forms than English adds them to its bundle under the plural sentence and `#few`, `#many`, `#two` or `#zero`.
 */
export function tn(value: number, one: string, other: string, ...values: readonly (string | number)[]): string {
  rules ??= new Intl.PluralRules(language.locale);
  const form = rules.select(value);
  const special = `${other}#${form}`;
  const message = form === 'one' ? one : other;
  const { translations } = language;
  const text = form !== 'one' && Object.hasOwn(translations, special) ? translations[special] : undefined;
  return text === undefined ? t(message, value, ...values) : fill(text, [value, ...values]);
}

/** Joins names as the language does: `a, b, and c`; `or` for alternatives. */
export function listOf(names: readonly string[], kind: 'and' | 'or' = 'and'): string {
  const type = kind === 'and' ? 'conjunction' : 'disjunction';
  return new Intl.ListFormat(language.locale, { type }).format(names);
}

/** A day in the language's short form: `Nov 26, 2026`. */
export function dayText(date: Date): string {
  return new Intl.DateTimeFormat(language.locale, { dateStyle: 'medium' }).format(date);
}

/** A day with hours and minutes in the language's short form. */
export function timeText(date: Date): string {
  return new Intl.DateTimeFormat(language.locale, { dateStyle: 'medium', timeStyle: 'short' }).format(date);
}

function fill(text: string, values: readonly (string | number)[]): string {
  if (values.length === 0) return text;
  return text.replace(/\{(\d+)\}/g, (placeholder, index: string) => {
    const value = values[Number(index)];
    if (value === undefined) return placeholder;
    return typeof value === 'string' ? value : numberText(value);
  });
}

function numberText(value: number): string {
  whole ??= new Intl.NumberFormat(language.locale, { maximumFractionDigits: 20, signDisplay: 'negative' });
  return whole.format(value);
}

/** A locale that `Intl` knows: VS Code's pseudo-locale and misspelled ones format as English. */
function supported(locale: string): string {
  try {
    return Intl.NumberFormat.supportedLocalesOf(locale)[0] ?? ENGLISH.locale;
  } catch {
    return ENGLISH.locale;
  }
}
