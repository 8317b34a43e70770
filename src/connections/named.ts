import type { Connection } from '../core/provider/connection.ts';

/** Connections that a name means: the one of that id, else all of that name, in capital or small letters. */
export function connectionsNamed(name: string, all: readonly Connection[]): readonly Connection[] {
  const byId = all.filter(({ id }) => id === name);
  return byId.length > 0 ? byId : all.filter((one) => one.name.toLowerCase() === name.toLowerCase());
}
