/** The beam of a unit, ranked by any λ (the paper, section 3.2). */
import { useState } from "react";
import { real } from "../shared/numbers.js";
import { Slider } from "../shared/parts.js";
import { useAddressed } from "./addressed.js";
import type { CandidateLine, Run } from "./client.js";
import { doubtName, doubtSentence } from "./words.js";

const SHORT = 10;

type Ranked = CandidateLine & { readonly score: number };

/**
 * Candidates with their score log p(d|E) − λ log p(d), each description once: those first that the pixels do not contradict, then by score, as the
 * describer has them. Where exemplars were asked by themselves, those first that they were asked about, with log p(d|e) of the median one in place of log p(d|E).
 */
export function ranked(beam: readonly CandidateLine[], lambda: number): Ranked[] {
  const scored = beam.map((each) => ({
    ...each,
    score: (each.alone ?? each.logp ?? Number.NEGATIVE_INFINITY) - lambda * (each.logpLm ?? 0),
  }));
  const isUnasked = ({ alone }: CandidateLine) => Number(alone === null);
  scored.sort(
    (a, b) => Number(a.contradicted) - Number(b.contradicted) || isUnasked(a) - isUnasked(b) || b.score - a.score,
  );
  return scored.filter(({ text }, i) => scored.findIndex((other) => other.text === text) === i);
}

/** @param chosen the unit's description. */
export function Candidates({ run, beam, chosen }: { run: Run; beam: readonly CandidateLine[]; chosen: string }) {
  const usual = run.lambda ?? 0;
  const [said, setSaid] = useAddressed("lambda", String(usual));
  const [all, setAll] = useState(false);
  const lambda = Math.max(0, Number(said)) || 0;
  const hasPrior = beam.some(({ logpLm }) => logpLm !== null);
  const isEach = beam.some(({ alone }) => alone !== null);
  const list = ranked(beam, lambda);
  const best = list[0];
  return (
    <section className="candidates">
      <h2>Candidates</h2>
      {hasPrior && (
        <>
          <div className="sliding">
            <Slider
              label="λ"
              min={0}
              max={Math.max(1, usual)}
              step={0.01}
              value={lambda}
              shown={lambda.toFixed(2)}
              onChange={(value) => setSaid(String(value))}
            />
            <button type="button" disabled={lambda === usual} onClick={() => setSaid(String(usual))}>
              Reset
            </button>
          </div>
          <p className="soft small">
            score = {isEach ? "log p(d|e) of the median exemplar, by itself," : "log p(d|E)"} − λ log p(d). A larger λ
            favours what is particular to this unit over what is often said.
          </p>
        </>
      )}
      <p className="best small" role="status">
        {best && best.text !== chosen && (
          <>
            First at λ = {lambda.toFixed(2)}: <b>{best.text || "no words"}</b>
            {lambda === usual && ". The describer does not go by the score alone."}
          </>
        )}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Description</th>
            <th scope="col" className="number" title="How likely the captioner finds it, given the exemplars">
              log p(d|E)
            </th>
            {isEach && (
              <th
                scope="col"
                className="number"
                title="How likely the captioner finds it, given the median exemplar only"
              >
                log p(d|e)
              </th>
            )}
            {hasPrior && (
              <>
                <th scope="col" className="number" title="How likely the language model finds it, given nothing">
                  log p(d)
                </th>
                <th scope="col" className="number" title="PMI at this λ">
                  score
                </th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {(all ? list : list.slice(0, SHORT)).map((each) => (
            <tr key={each.text} className={each.text === chosen ? "chosen" : undefined}>
              <td>
                {each.text || <i>no words</i>} {each.text === chosen && <span className="tag">chosen</span>}
                {each.contradicted && (
                  <span className="tag doubt" title={doubtSentence("contradicted")}>
                    {doubtName("contradicted")}
                  </span>
                )}
              </td>
              <td className="number">{real(each.logp)}</td>
              {isEach && <td className="number">{real(each.alone)}</td>}
              {hasPrior && (
                <>
                  <td className="number">{real(each.logpLm)}</td>
                  <td className="number">{real(each.score)}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {list.length > SHORT && (
        <button type="button" className="plain" onClick={() => setAll(!all)}>
          {all ? `Show the first ${SHORT}` : `Show all ${list.length}`}
        </button>
      )}
    </section>
  );
}
