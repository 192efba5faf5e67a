/** Names with how many units each has, as bars; each leads to its units. */
import { useState } from "react";
import { whole } from "../shared/numbers.js";
import { Link } from "../shared/router.js";

export interface Count {
  readonly name: string;
  readonly units: number;
  readonly to: string;
  readonly title?: string;
}

/** @param first how many to show until all are asked for. */
export function Counts({ counts, first = counts.length }: { counts: readonly Count[]; first?: number }) {
  const [all, setAll] = useState(false);
  const most = Math.max(...counts.map(({ units }) => units), 1);
  return (
    <>
      <ul className="counts">
        {counts.slice(0, all ? undefined : first).map(({ name, units, to, title }) => (
          <li key={name}>
            <Link to={to} title={title}>
              <span className="name">{name}</span>
              <span className="gauge">
                <span style={{ width: `${(100 * units) / most}%` }} />
              </span>
              <span className="number">{whole(units)}</span>
            </Link>
          </li>
        ))}
      </ul>
      {counts.length > first && (
        <button type="button" onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show all ${whole(counts.length)}`}
        </button>
      )}
    </>
  );
}
