/**
 * The run, as it lies in the page: blocks of text with one line an item. What the list needs is read at once; pictures,
 * masks and evidence when they are looked at.
 */
import { byId } from "./dom.js";

const lines = (id) => byId(id).textContent.split("\n").filter(Boolean);

export const facts = JSON.parse(byId("facts").textContent);

/** Every unit with its place in the run and the name it has in addresses. */
export const units = lines("units").map((line, place) => {
  const unit = JSON.parse(line);
  const { name } = facts.layers[unit.layer];
  return { ...unit, place, layerName: name, key: `${name}/${unit.unit}` };
});

const imageLines = lines("images");
const maskLines = byId("masks").textContent.split("\n").slice(1); // a unit without exemplars has an empty line
const evidenceLines = lines("evidence");

const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

async function inflate(base64) {
  if (!base64) return new Uint8Array();
  const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A function that remembers the results it was asked for last. */
function remembering(limit, work) {
  const results = new Map();
  return (key) => {
    const result = results.get(key) ?? work(key);
    results.delete(key);
    results.set(key, result);
    if (results.size > limit) results.delete(results.keys().next().value);
    return result;
  };
}

/** A picture, ready to be drawn. */
export const picture = remembering(600, (place) => {
  const { webp } = JSON.parse(imageLines[place]);
  return createImageBitmap(new Blob([bytesOf(webp)], { type: "image/webp" }));
});

/** What a picture is called in the probe set. */
export const pictureName = (place) => JSON.parse(imageLines[place]).name ?? `image ${place}`;

/** The masks of a unit: each one byte a pixel, 0 or 1. */
export const masksOf = remembering(200, async ({ place, images }) => {
  const packed = await inflate(maskLines[place]);
  const area = facts.width * facts.height;
  const stride = Math.ceil(area / 8);
  return images.map((_, rank) => {
    const mask = new Uint8Array(area);
    for (let i = 0; i < area; i++) mask[i] = (packed[rank * stride + (i >> 3)] >> (i & 7)) & 1;
    return mask;
  });
});

/** The beam of a unit and the attention behind each of its words. */
export async function evidenceOf({ place }) {
  return JSON.parse(new TextDecoder().decode(await inflate(evidenceLines[place])));
}
