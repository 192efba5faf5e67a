/**
 * The places of the made world: from back to front the surfaces that each consists of, and who and what may be met there. Places share most of
 * their ingredients (grass, sky, trees, people, chairs), so none can be told by one thing alone.
 */
import { CITY_PLACES } from "./places-city.js";
import { ROOMS } from "./places-indoors.js";
import { NATURE_PLACES } from "./places-nature.js";

export const PLACES_OF_WORLD = { ...ROOMS, ...CITY_PLACES, ...NATURE_PLACES } as const;
export type PlaceName = keyof typeof PLACES_OF_WORLD;
