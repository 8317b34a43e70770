/** What a metric was taken of: training batches, validation batches or all validation data. */
export type MetricRole = 'train' | 'valid' | 'full';

/** `loss`, `accuracy`, `reward`, `tokens`, or the name of another quantity without its role. Metrics of a family share a y axis. */
export type Family = string;

const ORDER = ['loss', 'accuracy', 'reward', 'tokens'];

/** Columns that place a point and are no figures of their own. */
const PLACES: ReadonlySet<string> = new Set(['epoch', 'step', 'global_step', '_step']);

const ROLE = /^(?:(?<full>full_valid(?:ation)?)|(?<valid>valid(?:ation)?|val|eval|test)|train(?:ing)?)[_/]/i;

/** Role of a metric by the name that a provider or a file gives it; without one it is of training. */
export function roleOf(name: string): MetricRole {
  const { full, valid } = ROLE.exec(name)?.groups ?? {};
  return full !== undefined ? 'full' : valid !== undefined ? 'valid' : 'train';
}

/** Family of a metric; null for a column that is a place. */
export function familyOf(name: string): Family | null {
  const quantity = name.replace(ROLE, '').toLowerCase();
  if (PLACES.has(quantity)) return null;
  if (/(^|_)loss(_|$)/.test(quantity)) return 'loss';
  if (/(^|_)acc(uracy)?(_|$)/.test(quantity)) return 'accuracy';
  if (/(^|_)rewards?(_|$)/.test(quantity)) return 'reward';
  if (/(^|_)tokens(_|$)/.test(quantity)) return 'tokens';
  return quantity;
}

/** Families of these metrics, the known ones first, each with its metrics: training, validation, full validation. */
export function familiesOf(names: readonly string[]): ReadonlyMap<Family, readonly string[]> {
  const families = new Map<Family, string[]>();
  for (const name of names) {
    const family = familyOf(name);
    if (family === null) continue;
    const known = families.get(family);
    if (known) known.push(name);
    else families.set(family, [name]);
  }
  const place = (family: Family): number => (ORDER.includes(family) ? ORDER.indexOf(family) : ORDER.length);
  const roles: readonly MetricRole[] = ['train', 'valid', 'full'];
  return new Map(
    [...families]
      .sort(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1))
      .map(([family, metrics]) => [
        family,
        metrics.sort((a, b) => roles.indexOf(roleOf(a)) - roles.indexOf(roleOf(b)) || (a < b ? -1 : 1)),
      ]),
  );
}
