/** Class folders of small pictures: each class is one colour, so a small network can learn them in seconds. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "../../src/base/random.js";
import { type Colour, renderShapes, SHAPES } from "../../src/data/world/shapes.js";

/** Writes `count` pictures of each colour below `folder`. */
export async function writeColours(folder: string, colours: readonly Colour[], count: number, seed = 1): Promise<void> {
  const random = new Random(seed);
  for (const colour of colours) {
    mkdirSync(join(folder, colour), { recursive: true });
    for (let i = 0; i < count; i++) {
      const [x, y] = [0.35 + 0.3 * random.uniform(), 0.35 + 0.3 * random.uniform()];
      const thing = { shape: SHAPES[i % SHAPES.length], colour, strength: 0.9, x, y, size: 0.6 };
      writeFileSync(join(folder, colour, `${i}.png`), await renderShapes({ ground: 0.5, things: [thing] }, 20));
    }
  }
}
