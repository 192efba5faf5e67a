/** Every name that a thing or a place of the made world may have: what descriptions are read against. */
import { NOUNS } from "./catalogue.js";
import { ACTORS, PEOPLE, PORTRAITS } from "./people.js";
import type { PlaceSpec } from "./place.js";
import { PLACES_OF_WORLD } from "./scene-table.js";
import { namesOfSurface, SURFACE_KINDS } from "./surface-kinds.js";

/** Names that planners give in passing: signs, posts, lettering. */
const OTHERS = ["sign", "post", "cone", "word", "number", "text"];

export function namesOfWorld(): ReadonlySet<string> {
  const places: [string, PlaceSpec][] = Object.entries(PLACES_OF_WORLD);
  return new Set([
    ...OTHERS,
    ...[...Object.values(NOUNS), ...PEOPLE, ...Object.values(ACTORS), ...Object.values(PORTRAITS)].flatMap(
      ({ names }) => names,
    ),
    ...SURFACE_KINDS.flatMap(namesOfSurface),
    ...places.flatMap(([name, { kinds, layers }]) => [
      name,
      ...kinds,
      ...layers.flatMap((layer) => (layer.as === "panels" ? layer.known.names : [])),
    ]),
  ]);
}
