/** One unit, large: what is said of it, how far to trust that, and what it was read from. */
import { useEffect, useRef, useState } from "react";
import { useAnswer } from "../shared/asking.js";
import { useKeys } from "../shared/keys.js";
import { amount, percent, real } from "../shared/numbers.js";
import { Answered } from "../shared/parts.js";
import { go, goBack, Link } from "../shared/router.js";
import { useAddressed } from "./addressed.js";
import type { PageProps } from "./app.js";
import { Candidates } from "./candidates.js";
import { server, type UnitPage } from "./client.js";
import { EffectOf } from "./effect.js";
import { Exemplars, type View } from "./exemplars.js";
import { filtersOf, listKey } from "./filters.js";
import { Histogram } from "./histogram.js";
import { levelAt } from "./levels.js";
import { spotIn } from "./list.js";
import { Nearest } from "./nearest.js";
import { LOOKS } from "./pictures.js";
import { listAddress, unitPlace } from "./places.js";
import { Review } from "./review.js";
import { Said } from "./said.js";
import { doubtSentence, unitName } from "./words.js";

type UnitProps = PageProps & { readonly layer: number; readonly unit: number };

export function UnitView(props: UnitProps) {
  const { run, query, layer, unit } = props;
  const filters = filtersOf(query);
  const key = JSON.stringify([run.id, layer, unit, filters]);
  const answer = useAnswer(key, (signal) => server.unit(run.id, { layer, unit }, filters, signal));
  const back = listAddress(run.id, filters);
  const leave = () => goBack(back);
  useKeys({ Escape: leave });
  return (
    <Answered answer={answer} what="Opening the unit">
      {(page) => <Opened {...props} page={page} back={back} />}
    </Answered>
  );
}

function Opened({ run, query, page, back }: UnitProps & { page: UnitPage; back: string }) {
  const filters = filtersOf(query);
  const [weights, setWeights] = useState<readonly number[]>();
  const view = useView(run.quantile ?? 0.99, run.cannot.relevel !== null);
  const article = useRef<HTMLElement>(null);
  const name = unitName(run, page);

  useEffect(() => {
    const before = document.title;
    document.title = `${name}: ${page.text || "no description"} – Milan`;
    return () => {
      document.title = before;
    };
  }, [name, page.text]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a unit is read from its beginning
  useEffect(() => {
    scrollTo(0, 0);
    article.current?.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }, [name]);

  /** To the next (1) or previous (-1) unit of the list, which then is where the way back leads. */
  const step = (by: 1 | -1) => {
    const to = by > 0 ? page.next : page.previous;
    if (!to) return;
    const spot = spotIn(listKey(run.id, filters));
    spot.active = Math.max(0, spot.active + by);
    spot.opened = true;
    go(unitPlace(run.id, { layer: to[0], unit: to[1] }, query), { replace: true });
  };
  useKeys({ j: () => step(1), k: () => step(-1) });

  const level = levelAt(page.quantiles, view.quantile) ?? page.level;
  return (
    <article className="unit" ref={article}>
      <div className="bar">
        <Link to={back}>← Units</Link>
        <span className="name">{name}</span>
        <span className="steps">
          <button type="button" disabled={!page.previous} title="Previous unit (k)" onClick={() => step(-1)}>
            Previous
          </button>
          <button type="button" disabled={!page.next} title="Next unit (j)" onClick={() => step(1)}>
            Next
          </button>
        </span>
      </div>
      <div className="saying">
        <Said run={run} page={page} weigh={setWeights} />
        {page.doubts.map((doubt) => (
          <p key={doubt} className="why">
            {doubtSentence(doubt)}
          </p>
        ))}
        <Scores page={page} />
      </div>
      <div className="columns">
        <Exemplars run={run} page={page} view={view} weights={weights} />
        <div className="aside">
          <Review run={run} unit={page} />
          {page.histogram && <Histogram spread={page.histogram} level={level} quantile={view.quantile} />}
          {page.beam.length > 0 && <Candidates run={run} beam={page.beam} chosen={page.text} />}
          <EffectOf key={name} run={run} unit={page} />
        </div>
      </div>
      <Nearest run={run} unit={page} />
    </article>
  );
}

/** How exemplars are seen: in the address, and the same for the next unit. */
function useView(usual: number, fixed: boolean): View {
  const [look, setLook] = useAddressed("look", LOOKS[0][0]);
  const [quantile, setQuantile] = useAddressed("level", String(usual));
  const [strength, setStrength] = useState(0.8);
  const known = LOOKS.find(([name]) => name === look)?.[0] ?? LOOKS[0][0];
  const at = Number(quantile);
  return {
    look: fixed && known === "heat" ? LOOKS[0][0] : known,
    quantile: !fixed && at > 0 && at < 1 ? at : usual,
    strength,
    set: (changes) => {
      if (changes.look !== undefined) setLook(changes.look);
      if (changes.quantile !== undefined) setQuantile(String(changes.quantile));
      if (changes.strength !== undefined) setStrength(changes.strength);
    },
  };
}

function Scores({ page }: { page: UnitPage }) {
  const { pmi, logp, logpLm, confidence, support, level } = page;
  const all: readonly (readonly [string, string, number | null, string])[] = [
    [
      "Confidence",
      percent(confidence),
      confidence,
      "how far its other candidates say the same, each by its likelihood",
    ],
    [
      "Support",
      percent(support),
      support,
      "of its exemplars, how many make the description likelier, each by itself, than it is without any",
    ],
    [
      "PMI",
      real(pmi),
      pmi,
      "log p(d|E) − λ log p(d): how much more the exemplars call for this description than habit does",
    ],
    ["log p(d|E)", real(logp), logp, "how likely the captioner finds the description, given the exemplars"],
    ["log p(d)", real(logpLm), logpLm, "how likely the language model finds it, given nothing"],
    ["Level", amount(level), level, "a pixel is in the mask when its activation exceeds this"],
  ];
  return (
    <dl className="scores">
      {all
        .filter(([, , value]) => value !== null)
        .map(([name, text, , title]) => (
          <div key={name} title={title}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
    </dl>
  );
}
