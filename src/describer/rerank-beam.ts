/** A unit's beam in the order in which an image-text model finds its candidates like the exemplars (`clip-rerank.ts`). */
import type { ExemplarStore } from "../exemplars/store.js";
import type { ClipReranker, MaskedPicture } from "./clip-rerank.js";
import type { Decoded } from "./describe-features.js";
import type { Describer } from "./describer.js";
import type { Task } from "./evidence.js";

/** A candidate, with its mean cosine with the exemplars where it was reranked by that. */
export type Ranked = Decoded & { readonly clip?: number };

/** The beam by the mean cosine with the exemplars; equals, which say the same, stay in the captioner's order. What says nothing comes last. */
export async function rerank(
  clip: ClipReranker,
  store: ExemplarStore,
  { vocabulary }: Describer,
  task: Task,
  beam: readonly Decoded[],
): Promise<Ranked[]> {
  const texts = beam.map(({ tokens }) => vocabulary.reconstruct(tokens));
  const said = [...new Set(texts)].filter((text) => text !== "");
  const cosines = await clip.likeness(exemplarsOf(store, task), said, [store.height, store.width]);
  const likeness = new Map(said.map((text, i) => [text, cosines[i]]));
  const ranked = beam.map((candidate, i): Ranked => ({ ...candidate, ...clipOf(likeness.get(texts[i])) }));
  return ranked.sort((a, b) => (b.clip ?? -2) - (a.clip ?? -2));
}

export const clipOf = (clip: number | undefined) => (clip === undefined ? {} : { clip });

async function* exemplarsOf(store: ExemplarStore, { layer, row, ranks }: Task): AsyncGenerator<MaskedPicture> {
  for (const rank of ranks) {
    const mask = await store.mask(layer, row, rank);
    yield { picture: await store.image(layer.images[row * store.k + rank]), mask };
  }
}
