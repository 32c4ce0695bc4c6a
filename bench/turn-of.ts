/** Whose turn it is in a round. */

/** `names` in an order that moves by one each round, so that none is always first. */
export function turnOf<Name>(names: readonly Name[], round: number): readonly Name[] {
  const shift = round % Math.max(names.length, 1);
  return [...names.slice(shift), ...names.slice(0, shift)];
}
