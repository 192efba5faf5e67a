/** Lines and edges of one direction in words. */
import { wordsFor } from "../../data/labels/lexicon.js";
import type { Query } from "../../data/labels/query.js";
import type { Edges } from "./edges.js";
import { nounPhrase, type Speaker } from "./wording.js";

/**
 * "vertical lines", "horizontal edges of objects", "vertical lines on white things".
 * @param looks what is to be said besides, sometimes.
 */
export function edgeSentence(edges: Edges, looks: Query | undefined, say: Speaker): string {
  const lines = linesPhrase(edges, say);
  if (!looks || lines.includes(" with ") || !say.chance(0.4)) return lines;
  return `${lines.split(" ").slice(0, 2).join(" ")} ${say.any(["of", "on", "in", "near"])} ${nounPhrase(looks, say)}`;
}

function linesPhrase({ texture }: Edges, say: Speaker): string {
  const direction = texture.split(" ")[0];
  const words = wordsFor({ is: "texture", name: texture }, "plural");
  const lines = say.chance(0.7) ? (words.find((word) => word.endsWith("lines")) ?? words[0]) : say.any(words);
  const draw = say.any([0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5]);
  if (draw === 0) return lines;
  if (draw === 1)
    return `${direction} ${say.any(["edges", "edges of objects", "outlines", "edges and lines", "borders"])}`;
  if (draw === 2) return `${say.any(["areas", "things", "objects", "pictures"])} with ${lines}`;
  if (draw === 3)
    return `${say.any(["objects", "things"])} with ${direction} ${say.any(["edges", "lines", "patterns"])}`;
  if (draw === 4) return `${direction} ${say.any(["structures", "shapes", "borders", "details"])}`;
  return `${lines} ${say.any(["and edges", "on objects", "in the pictures", "of things"])}`;
}
