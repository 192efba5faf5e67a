/** Pictures of the run, to choose one. */
import { useAnswer } from "../shared/asking.js";
import { type ExemplarLine, type Run, server, type UnitRef } from "./client.js";
import { unitsText } from "./places.js";

const MOST_UNITS = 3;
const MOST_PICTURES = 12;

export interface OwnPicture {
  readonly image: number;
  readonly name: string;
}

/** Exemplars of some units, strongest first; of the units that the describer is surest of where none is given. */
export function useOwnPictures(run: Run, units: readonly UnitRef[]) {
  const some = units.slice(0, MOST_UNITS);
  const key = run.cannot.pictures === null ? `${run.id}/${unitsText(some)}` : null;
  return useAnswer(key, async (signal): Promise<readonly OwnPicture[]> => {
    const from = some.length > 0 ? some : await surest(run, signal);
    const pages = await Promise.all(from.map((unit) => server.unit(run.id, unit, {}, signal)));
    return inTurn(pages.map(({ exemplars }) => exemplars));
  });
}

/** One unit of each of a few layers. */
async function surest(run: Run, signal: AbortSignal): Promise<UnitRef[]> {
  const { length } = run.layers;
  const places = Array.from({ length: Math.min(MOST_UNITS, length) }, (_, i) => length - 1 - i);
  const query = { sort: "confidence", descending: "1", limit: "1" };
  const lists = await Promise.all(
    places.map((place) => server.units(run.id, { ...query, layers: String(place) }, signal)),
  );
  return lists.flatMap(({ units }) => units);
}

/** The first of each, then the second of each, and so on. */
function inTurn(lists: readonly (readonly ExemplarLine[])[]): OwnPicture[] {
  const most = Math.max(0, ...lists.map(({ length }) => length));
  const turns = Array.from({ length: most }, (_, rank) => lists.flatMap((list) => list.slice(rank, rank + 1))).flat();
  const found = new Map(turns.map(({ image, name }) => [image, { image, name: name ?? `picture ${image}` }]));
  return [...found.values()].slice(0, MOST_PICTURES);
}

export function OwnPictures(props: {
  run: Run;
  pictures: readonly OwnPicture[];
  chosen?: number | undefined;
  choose: (picture: OwnPicture) => void;
}) {
  const { run, pictures, chosen, choose } = props;
  return (
    <ul className="own">
      {pictures.map((picture) => (
        <li key={picture.image}>
          <button
            type="button"
            title={picture.name}
            aria-label={`Take ${picture.name}`}
            aria-pressed={chosen === undefined ? undefined : picture.image === chosen}
            onClick={() => choose(picture)}
          >
            <img
              src={server.pictures.whole(run, picture.image)}
              alt=""
              width={run.width}
              height={run.height}
              loading="lazy"
            />
          </button>
        </li>
      ))}
    </ul>
  );
}
