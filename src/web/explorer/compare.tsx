/** Two runs side by side: which words one has more often, how far layers agree, and the units that one search finds in both. */
import { type MouseEvent, type RefObject, useEffect, useId, useRef, useState } from "react";
import { useAnswer, useQuiet } from "../shared/asking.js";
import { useKeys } from "../shared/keys.js";
import { counted, percent, whole } from "../shared/numbers.js";
import { Answered } from "../shared/parts.js";
import { go } from "../shared/router.js";
import { useAddressed } from "./addressed.js";
import type { PageProps } from "./app.js";
import { type Comparison, isSite, type Run, server } from "./client.js";
import "./compare.css";
import { FoundIn } from "./found-in.js";
import { pageAddress } from "./places.js";

/** Words that likely differ by more than chance: of those below, one in twenty does not. */
const SURE = 0.05;
const FIRST_WORDS = 12;
const TYPING_MS = 90;

export function ComparePage({ run, runs, query }: PageProps) {
  const others = runs.filter(({ id }) => id !== run.id);
  const other = others.find(({ id }) => id === query.with) ?? others[0];
  if (!other) {
    return (
      <>
        <h1>Compare</h1>
        <p className="state">
          {isSite
            ? "There is one run on this site. Write one with two to compare them: milan export RUN RUN --format site."
            : "One run is open. Open two to compare them: milan serve RUN RUN."}
        </p>
      </>
    );
  }
  return <Two key={other.id} run={run} other={other} runs={runs} />;
}

type Pair = { readonly run: Run; readonly other: Run };

function Two({ run, other, runs }: Pair & { runs: readonly Run[] }) {
  const [q, setQ] = useAddressed("q", "");
  const answer = useAnswer(`${run.id}/${other.id}`, (signal) => server.compare(run.id, other.id, signal));
  const field = useRef<HTMLInputElement>(null);
  const leave = useReturn(`${run.id}/${other.id}`, answer.value !== undefined);
  const search = (word: string) => {
    setQ(word);
    field.current?.scrollIntoView({ block: "start" });
    field.current?.focus({ preventScroll: true });
  };
  return (
    <div className="compare">
      <h1>
        Compare {run.name} <span className="soft">with</span> {other.name}
      </h1>
      <Runs {...{ run, other, runs, q }} />
      <Answered answer={answer} what="Comparing the descriptions">
        {({ words, layers }) => (
          <>
            <Words {...{ run, other, words, q, search }} />
            <Layers {...{ run, other, layers }} />
          </>
        )}
      </Answered>
      <Units {...{ run, other, q, setQ, field, leave }} />
    </div>
  );
}

let left: { readonly key: string; readonly scrollY: number; readonly href: string } | undefined;

/** Brings one back to where one was before a unit was opened. @param ready once everything has its height. */
function useReturn(key: string, ready: boolean): (event: MouseEvent) => void {
  useEffect(() => {
    if (!ready || left?.key !== key) return;
    scrollTo(0, left.scrollY);
    const links = document.querySelectorAll<HTMLElement>(".compare .line");
    const opened = [...links].find((link) => link.getAttribute("href") === left?.href);
    opened?.focus({ preventScroll: true });
    left = undefined;
  }, [key, ready]);
  return ({ target }) => {
    const href = (target as Element).closest("a.line")?.getAttribute("href");
    if (href) left = { key, scrollY, href };
  };
}

/** Which two. Choosing the one for the other turns them round. */
function Runs({ run, other, runs, q }: Pair & { runs: readonly Run[]; q: string }) {
  const compare = (a: string, b: string) => go(pageAddress(a, "compare", { with: b, q }));
  const select = (label: string, chosen: Run, choose: (id: string) => void) => (
    <label className="field">
      <span>{label}</span>
      <select value={chosen.id} onChange={(event) => choose(event.target.value)}>
        {runs.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <div className="pair">
      {select("One run", run, (id) => compare(id, id === other.id ? run.id : other.id))}
      {select("The other", other, (id) => compare(id === run.id ? other.id : run.id, id))}
      <button type="button" onClick={() => compare(other.id, run.id)}>
        Swap
      </button>
    </div>
  );
}

type Word = Comparison["words"][number];
type WordsProps = Pair & {
  readonly words: readonly Word[];
  readonly q: string;
  readonly search: (word: string) => void;
};

function Words(props: WordsProps) {
  const { run, other, words } = props;
  const most = Math.max(...words.flatMap(({ shareA, shareB }) => [shareA, shareB]), 1e-9);
  return (
    <section>
      <h2>Words that one has more often</h2>
      <p className="soft small">
        The share of descriptions with the word, and how many they are. q is the share of chance findings among the
        words down to there. Press a word to search both runs for it.
      </p>
      <div className="sides">
        <Side {...props} title={run.name} words={words.filter(({ shareA, shareB }) => shareA > shareB)} most={most} />
        <Side {...props} title={other.name} words={words.filter(({ shareA, shareB }) => shareA < shareB)} most={most} />
      </div>
    </section>
  );
}

/** The words of one side, the surest first. @param most the largest share, for the bars. */
function Side({ run, other, title, words, most, q, search }: WordsProps & { title: string; most: number }) {
  const [all, setAll] = useState(false);
  const sure = words.filter((word) => word.q < SURE);
  const shown = all ? words : sure.slice(0, FIRST_WORDS);
  const name = useId();
  const said = sure.length === 0 ? `none with q < ${SURE}` : `${counted(sure.length, "word")} with q < ${SURE}`;
  return (
    <div className="half">
      <h3 id={name}>
        More often in {title} <span className="soft">{said}</span>
      </h3>
      {shown.length > 0 && (
        <table aria-labelledby={name}>
          <thead>
            <tr>
              <th scope="col">Word</th>
              <th scope="col" className="number">
                <i className="key one" /> {run.name}
              </th>
              <th scope="col" className="number">
                <i className="key other" /> {other.name}
              </th>
              <th scope="col" className="number">
                q
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((word) => (
              <WordRow key={word.word} word={word} most={most} chosen={q === word.word} search={search} />
            ))}
          </tbody>
        </table>
      )}
      {(all || shown.length < words.length) && (
        <button type="button" onClick={() => setAll(!all)}>
          {all ? "Show the surest" : `Show all ${whole(words.length)}, chance or not`}
        </button>
      )}
    </div>
  );
}

interface WordRowProps {
  readonly word: Word;
  readonly most: number;
  readonly chosen: boolean;
  readonly search: (word: string) => void;
}

function WordRow({ word: { word, a, b, shareA, shareB, q }, most, chosen, search }: WordRowProps) {
  return (
    <tr>
      <th scope="row">
        <button type="button" className="word" aria-pressed={chosen} onClick={() => search(word)}>
          {word}
        </button>
        <svg viewBox="0 0 100 7" preserveAspectRatio="none" aria-hidden="true">
          <rect width={(100 * shareA) / most} height="3" className="one" />
          <rect width={(100 * shareB) / most} y="4" height="3" className="other" />
        </svg>
      </th>
      <td className="number">
        {percent(shareA)} <span className="count">{whole(a)}</span>
      </td>
      <td className="number">
        {percent(shareB)} <span className="count">{whole(b)}</span>
      </td>
      <td className="number">{chance(q)}</td>
    </tr>
  );
}

const chance = (q: number) => (q < 1e-4 ? "< 0.0001" : q.toFixed(q < 0.01 ? 4 : 2));

function Layers({ run, other, layers }: Pair & Pick<Comparison, "layers">) {
  return (
    <section>
      <h2>Layers of the same name</h2>
      {layers.length === 0 ? (
        <p className="soft">They have none.</p>
      ) : (
        <>
          <p className="soft small">
            How many units are described in each, and how many of them have the same number and the same description in
            both.
          </p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reached by keys */}
          <section className="wide" aria-label="Layers in numbers" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th scope="col">Layer</th>
                  <th scope="col" className="number">
                    <i className="key one" /> {run.name}
                  </th>
                  <th scope="col" className="number">
                    <i className="key other" /> {other.name}
                  </th>
                  <th scope="col" className="number" title="same number and same description">
                    same
                  </th>
                </tr>
              </thead>
              <tbody>
                {layers.map(({ display, a, b, same }) => (
                  <tr key={display}>
                    <th scope="row">{display}</th>
                    <td className="number">{whole(a)}</td>
                    <td className="number">{whole(b)}</td>
                    <td className="number">
                      {whole(same)} {same > 0 && <span className="soft">{percent(same / Math.min(a, b))}</span>}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        </>
      )}
    </section>
  );
}

interface UnitsProps extends Pair {
  readonly q: string;
  readonly setQ: (q: string) => void;
  readonly field: RefObject<HTMLInputElement | null>;
  /** Called when a unit is opened. */
  readonly leave: (event: MouseEvent) => void;
}

function Units({ run, other, q, setQ, field, leave }: UnitsProps) {
  const asked = useQuiet(q.trim(), TYPING_MS);
  useKeys({ "/": () => field.current?.select() });
  return (
    <section className="both">
      <h2>Units side by side</h2>
      <input
        ref={field}
        type="search"
        aria-label="Search both runs"
        placeholder="Search the descriptions of both  ( / )"
        value={q}
        maxLength={200}
        onChange={(event) => setQ(event.target.value)}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: its links are what is pressed */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Enter clicks a link */}
      <div className="sides" onClick={leave}>
        <FoundIn key={run.id} run={run} words={asked} />
        <FoundIn key={other.id} run={other} words={asked} />
      </div>
    </section>
  );
}
