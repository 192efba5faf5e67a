/** The best way to make two groups of some points, and how good it is: k-means from every pair of them, judged by silhouette. */

export interface Split {
  /** Mean silhouette (Rousseeuw, 1987), -1 to 1: how much nearer points are to their own group than to the other. */
  readonly silhouette: number;
  /** uint8 [point]: 0 or 1. */
  readonly side: Uint8Array;
}

/** Exemplars a group needs: two that look alike are no meaning. */
export const LEAST_MEMBERS = 3;
const MOST_ROUNDS = 5;

/** @param points at least twice `LEAST_MEMBERS`. */
export function bestSplit(points: readonly Float64Array[]): Split {
  const squares = points.map((a) => Float64Array.from(points, (b) => squareBetween(a, b)));
  const distances = squares.map((row) => row.map(Math.sqrt));
  const tried = new Set<string>();
  let best: Split | undefined;
  for (let a = 0; a < points.length; a++) {
    for (let b = a + 1; b < points.length; b++) {
      const side = settled(squares, squares[a], squares[b]);
      const key = side.join("");
      if (tried.has(key)) continue;
      tried.add(key);
      const silhouette = silhouetteOf(distances, side);
      if (!best || silhouette > best.silhouette) best = { silhouette, side };
    }
  }
  return best!;
}

/** Groups that move no more. @param nearOne, nearOther square distances of all points to the first two centres. */
function settled(squares: readonly Float64Array[], nearOne: Float64Array, nearOther: Float64Array): Uint8Array {
  let side = divided(nearOne, nearOther);
  for (let round = 1; round < MOST_ROUNDS; round++) {
    const next = divided(toCentre(squares, side, 0), toCentre(squares, side, 1));
    if (next.every((value, i) => value === side[i])) break;
    side = next;
  }
  return side;
}

/** Every point to the nearer centre, but so many to either that it is a group. */
function divided(one: Float64Array, other: Float64Array): Uint8Array {
  const order = Array.from(one, (_, i) => i).sort((a, b) => one[a] - other[a] - (one[b] - other[b]));
  const nearer = order.filter((i) => one[i] < other[i]).length;
  const count = Math.max(LEAST_MEMBERS, Math.min(order.length - LEAST_MEMBERS, nearer));
  const side = new Uint8Array(order.length);
  for (const i of order.slice(count)) side[i] = 1;
  return side;
}

/** Square distances of all points to the mean of a group. */
function toCentre(squares: readonly Float64Array[], side: Uint8Array, group: number): Float64Array {
  const sums = new Float64Array(side.length);
  let [members, own] = [0, 0];
  for (const [i, row] of squares.entries()) {
    if (side[i] !== group) continue;
    members += 1;
    for (let j = 0; j < row.length; j++) {
      sums[j] += row[j];
      if (side[j] === group) own += row[j];
    }
  }
  return sums.map((sum) => sum / members - own / (2 * members * members));
}

function silhouetteOf(distances: readonly Float64Array[], side: Uint8Array): number {
  const members = [0, 0];
  for (const group of side) members[group] += 1;
  let total = 0;
  for (const [i, row] of distances.entries()) {
    const sums = [0, 0];
    for (let j = 0; j < row.length; j++) sums[side[j]] += row[j];
    const own = sums[side[i]] / (members[side[i]] - 1);
    const other = sums[1 - side[i]] / members[1 - side[i]];
    const larger = Math.max(own, other);
    if (larger > 0) total += (other - own) / larger;
  }
  return total / distances.length;
}

function squareBetween(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}
