/**
 * Selection of the largest values in place, in linear time: the one step of the level computation that is not a comparison.
 * Quickselect with a median-of-three pivot and three-way partition, so that constant and sorted data cost no more.
 */

/**
 * Moves the `count` largest values of `values` to its front, in any order. NaN counts as larger than everything.
 * @returns the smallest of them.
 */
export function selectLargest(values: Float32Array, count: number): number {
  let low = 0;
  let high = values.length - 1;
  // NaN to the front: it must survive, and no comparison may meet it
  for (let i = 0; i <= high && low < count; i++) {
    if (Number.isNaN(values[i])) {
      values[i] = values[low];
      values[low++] = Number.NaN;
    }
  }
  const target = count - 1;
  while (low < high && target >= low) {
    const pivot = medianOfThree(values[low], values[(low + high) >> 1], values[high]);
    let larger = low; // values[low..larger) > pivot
    let smaller = high; // values(smaller..high] < pivot
    for (let i = low; i <= smaller; ) {
      const value = values[i];
      if (value > pivot) {
        values[i++] = values[larger];
        values[larger++] = value;
      } else if (value < pivot) {
        values[i] = values[smaller];
        values[smaller--] = value;
      } else {
        i++;
      }
    }
    if (target < larger) high = larger - 1;
    else if (target > smaller) low = smaller + 1;
    else return pivot;
  }
  return values[target];
}

function medianOfThree(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
