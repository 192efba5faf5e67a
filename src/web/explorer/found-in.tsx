/** Units of a run that words find, a line each: beside another run's there is no room for cards. */
import { useEffect, useState } from "react";
import { percent, whole } from "../shared/numbers.js";
import { Failure, Loading } from "../shared/parts.js";
import { Link } from "../shared/router.js";
import { type Run, server, type UnitLine, type UnitQuery } from "./client.js";
import { useUnitLines } from "./list.js";
import { Marked } from "./marked.js";
import { listAddress, unitPlace } from "./places.js";
import { found } from "./rail.js";
import { doubtName, silenceOf, unitName } from "./words.js";

const STEP = 10;
const STRIP = 5;

/** How far lists were opened: on the way back from a unit they are as they were. */
const reached = new Map<string, number>();

export function FoundIn({ run, words }: { run: Run; words: string }) {
  const filters: UnitQuery = words ? { q: words, sort: "relevance" } : {};
  const { lines, pending } = useUnitLines(run.id, filters);
  const [, setReach] = useState(0);
  const most = reached.get(lines.key) ?? STEP;
  const showMore = () => {
    reached.set(lines.key, most + STEP);
    setReach(most + STEP);
  };
  const { total, failure } = lines;
  const last = Math.min(most, total ?? 0) - 1;
  useEffect(() => {
    if (last >= 0) lines.need(0, last);
  }, [lines, last]);
  const shown = Array.from({ length: last + 1 }, (_, index) => lines.at(index));
  return (
    <div className="half" aria-busy={pending}>
      <h3>
        {run.name}{" "}
        <span className="soft" role="status">
          {total !== undefined && found(total, run.units)}
        </span>
      </h3>
      {failure && <Failure failure={failure} again={lines.again} />}
      {total === undefined && !failure && <Loading what="Searching" />}
      {total === 0 && <p className="soft">No unit of {run.name} matches.</p>}
      {shown.length > 0 && (
        <ul className="lines" aria-label={`Units of ${run.name}`}>
          {shown.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line that is not there yet has its place alone
            <li key={index}>{line && <Line run={run} line={line} words={words} filters={filters} />}</li>
          ))}
        </ul>
      )}
      {total !== undefined && total > shown.length && (
        <p className="more">
          <button type="button" onClick={showMore}>
            Show {whole(Math.min(STEP, total - shown.length))} more
          </button>
          <Link to={listAddress(run.id, filters)}>All {whole(total)} in the grid</Link>
        </p>
      )}
    </div>
  );
}

type LineProps = { readonly run: Run; readonly line: UnitLine; readonly words: string; readonly filters: UnitQuery };

function Line({ run, line, words, filters }: LineProps) {
  const { source, count } = server.pictures.strip(run, line, STRIP);
  const { text, confidence, doubts } = line;
  return (
    <Link className="line" to={unitPlace(run.id, line, filters)}>
      <span className="pictures" style={{ aspectRatio: `${STRIP * run.width} / ${run.height}` }}>
        {count > 0 && run.cannot.pictures === null && (
          <img alt="" src={source} loading="lazy" decoding="async" style={{ width: `${(100 * count) / STRIP}%` }} />
        )}
      </span>
      <span className={text ? "says" : "says silent"}>
        {text ? <Marked text={text} words={words} /> : silenceOf(line, run)}
      </span>
      <span className="about">
        {unitName(run, line)}
        {confidence !== null && <span title="Confidence">{percent(confidence)}</span>}
        {doubts.slice(0, 1).map((doubt) => (
          <span key={doubt} className="tag doubt">
            {doubtName(doubt)}
          </span>
        ))}
      </span>
    </Link>
  );
}
