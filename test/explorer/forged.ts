/** A small store of exemplars with real pictures, for pages; and what is read back from a page. */
import { inflateRawSync } from "node:zlib";
import type { ExemplarLayer, ExemplarStore } from "../../src/exemplars/store.js";
import type { Description, DescriptionsHeader } from "../../src/run/descriptions.js";

export const SIZE = 24;
export const K = 4;

/** What a page must only ever show. */
export const HOSTILE = `</script><img src=x onerror="document.title='owned'"><!-- & \u2028 {{data}} $& <script>`;

/** Layers of some units; exemplar `rank` of unit `u` is image (u + rank) % 7; every unit's last exemplar has an empty mask. */
export function forgedStore(layers: Record<string, number>, changes: Partial<ExemplarStore> = {}): ExemplarStore {
  const made = Object.entries(layers).map(
    ([name, units]): ExemplarLayer => ({
      name,
      shortNames: [],
      units: Array.from({ length: units }, (_, unit) => unit),
      images: Int32Array.from({ length: units * K }, (_, i) => (Math.floor(i / K) + (i % K)) % 7),
      activations: Float32Array.from({ length: units * K }, (_, i) => 10 - (i % K) + Math.floor(i / K)),
      levels: new Float32Array(units).fill(1.5),
      flaws: [],
    }),
  );
  return {
    folder: "forged",
    k: K,
    height: SIZE,
    width: SIZE,
    layers: made,
    image: async (id) => picture(id),
    mask: async (_layer, row, rank) => disc(row, rank),
    imageName: (id) => `picture ${id} ${HOSTILE}`,
    close: async () => {},
    ...changes,
  };
}

/** A coloured gradient of its own, uint8 [3, SIZE, SIZE]. */
export function picture(id: number): Uint8Array {
  return Uint8Array.from({ length: 3 * SIZE * SIZE }, (_, i) => {
    const [channel, x] = [Math.floor(i / (SIZE * SIZE)), i % SIZE];
    return (37 * (id + 1) * (channel + 1) + x * 4) % 256;
  });
}

/** A disc that shrinks with the rank, uint8 [SIZE, SIZE]. */
export function disc(row: number, rank: number): Uint8Array {
  const radius = rank === K - 1 ? 0 : 9 - 2 * rank;
  return Uint8Array.from({ length: SIZE * SIZE }, (_, i) =>
    Math.hypot((i % SIZE) - 10 - (row % 4), Math.floor(i / SIZE) - 12) < radius ? 1 : 0,
  );
}

export function said(layer: string, unit: number, description: string, more: Partial<Description> = {}): Description {
  const [logp, logpLm, lambda] = [-4, -12, 0.2];
  const other = { description: `not ${description}`, logp: -5, logpLm: -16 };
  const beam = [{ description, logp, logpLm }, other].map((item) => ({
    ...item,
    pmi: item.logp - lambda * item.logpLm,
  }));
  beam.sort((a, b) => b.pmi - a.pmi);
  return {
    ...{ layer, unit, description, logp, logpLm, pmi: logp - lambda * logpLm, confidence: 0.31, doubts: [], beam },
    attention: description
      .split(" ")
      .map((_, i) => Array.from({ length: K }, (_, rank) => (rank === i % K ? 0.7 : 0.1))),
    ...more,
  };
}

/** The lines of a block of data of a page. */
export function block(page: string, id: string): string[] {
  const [, text] = new RegExp(String.raw`<script type="text/plain" id="${id}">\n([\s\S]*?)</script>`).exec(page)!;
  return text.split("\n").slice(0, -1);
}

/** What `pack` packed. */
export const unpack = (line: string): Buffer => inflateRawSync(Buffer.from(line, "base64"));

/** How descriptions say they were made. */
export const MADE: DescriptionsHeader = {
  ...{ milan: "0.0.0", describer: "describers/some", describerSha256: null, search: "rerank", lambda: 0.2 },
  ...{ beam: 50, length: 15, compat: null, clip: null },
};
