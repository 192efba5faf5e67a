/** A run at a glance: what its descriptions are made of, layer by layer and word by word, and the figures that studies left in it. */
import { useAnswer } from "../shared/asking.js";
import { percent, real, whole } from "../shared/numbers.js";
import { Answered } from "../shared/parts.js";
import { Link } from "../shared/router.js";
import type { PageProps } from "./app.js";
import { type Dashboard, type Run, server, type Verdict } from "./client.js";
import { type Count, Counts } from "./counts.js";
import "./dashboard.css";
import { LayerCharts } from "./layer-charts.js";
import { listAddress } from "./places.js";
import { doubtName, doubtSentence, VERDICTS } from "./words.js";

export function DashboardPage({ run }: PageProps) {
  const answer = useAnswer(run.id, (signal) => server.dashboard(run.id, signal));
  return (
    <div className="dashboard">
      <h1>{run.name}</h1>
      <Answered answer={answer} what="Counting words">
        {(dashboard) => (
          <>
            <Facts run={run} dashboard={dashboard} />
            <section>
              <h2>Layers</h2>
              {run.described > 0 && <LayerCharts layers={dashboard.layers} />}
              <LayerTable run={run} layers={dashboard.layers} />
            </section>
            {run.described > 0 && <What run={run} dashboard={dashboard} />}
            <Figures run={run} figures={dashboard.figures} />
          </>
        )}
      </Answered>
    </div>
  );
}

type Shown = { readonly run: Run; readonly dashboard: Dashboard };

function Facts({ run, dashboard: { layers } }: Shown) {
  const doubted = layers.reduce((sum, layer) => sum + layer.doubted, 0);
  const facts: readonly (readonly [string, string, string?])[] = [
    ["Units", whole(run.units)],
    ["Described", whole(run.described), percent(run.units === 0 ? null : run.described / run.units)],
    ["With doubts", whole(doubted), percent(run.units === 0 ? null : doubted / run.units)],
    ["Layers", whole(run.layers.length)],
    ["Exemplars a unit", whole(run.k)],
    ...(run.quantile === null ? [] : [["Level", `${run.quantile} quantile`] as const]),
    ...(run.lambda === null ? [] : [["λ", real(run.lambda)] as const]),
    ...(run.model === null ? [] : [["Model", run.model.split(/[\\/]/).at(-1)!] as const]),
  ];
  return (
    <dl className="scores">
      {facts.map(([name, value, share]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value} {share && <span className="soft small">{share}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

const COLUMNS = [
  ["Units", "units of the layer"],
  ["Doubted", "units with doubts about them"],
  ["Words", "different words in its descriptions"],
  ["Length", "words a description, on average"],
  ["Nouns", "share of all words"],
  ["Adjectives", "share of all words"],
  ["Verbs", "share of all words"],
  ["Prepositions", "share of all words"],
  ["Confidence", "on average"],
] as const;

function LayerTable({ run, layers }: { run: Run; layers: Dashboard["layers"] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reached by keys
    <section className="wide" aria-label="Layers in numbers" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Layer</th>
            {COLUMNS.map(([name, title]) => (
              <th key={name} scope="col" className="number" title={title}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {layers.map((layer, place) => (
            <tr key={layer.layer}>
              <th scope="row">
                <Link to={listAddress(run.id, { layers: String(place) })}>{layer.layer}</Link>
              </th>
              <td className="number">{whole(layer.units)}</td>
              <td className="number">
                {layer.doubted === 0 ? (
                  0
                ) : (
                  <Link to={listAddress(run.id, { layers: String(place), doubt: "doubted" })}>
                    {whole(layer.doubted)}
                  </Link>
                )}
              </td>
              <td className="number">{whole(layer.words)}</td>
              <td className="number">{real(layer.length, 1)}</td>
              <td className="number">{percent(layer.nouns)}</td>
              <td className="number">{percent(layer.adjectives)}</td>
              <td className="number">{percent(layer.verbs)}</td>
              <td className="number">{percent(layer.prepositions)}</td>
              <td className="number">{percent(layer.confidence)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function What({ run, dashboard: { words, clusters, doubts } }: Shown) {
  const counts = (title: string, said: string, of: readonly Count[], first?: number) =>
    of.length > 0 && (
      <section>
        <h2>{title}</h2>
        <p className="soft small">{said}</p>
        <Counts counts={of} {...(first !== undefined && { first })} />
      </section>
    );
  return (
    <div className="what">
      {counts(
        "Words",
        "Units whose description has the word. Press one to search for it.",
        words.map(({ word, units }) => ({
          name: word,
          units,
          to: listAddress(run.id, { q: word, sort: "relevance" }),
        })),
        15,
      )}
      {counts(
        "Clusters of meaning",
        "Each unit belongs to one, by the most telling word said of it.",
        clusters.map(({ cluster, name, units }) => ({
          ...{ name, units, to: listAddress(run.id, { cluster: String(cluster) }) },
        })),
        15,
      )}
      <div>
        {counts(
          "Doubts",
          "Units with the doubt; some have several.",
          doubts.map(({ doubt, units }) => ({
            ...{ name: doubtName(doubt), units, title: doubtSentence(doubt), to: listAddress(run.id, { doubt }) },
          })),
        )}
        <Verdicts run={run} />
      </div>
    </div>
  );
}

const JUDGED: readonly (readonly [Verdict | "none", string])[] = [...VERDICTS, ["none", "not judged"]];

/** What people said of the descriptions. */
function Verdicts({ run }: { run: Run }) {
  const answer = useAnswer(run.id, (signal) =>
    Promise.all(
      JUDGED.map(async ([verdict, name]) => {
        const { total } = await server.units(run.id, { verdict, limit: "1" }, signal);
        return { name, units: total, to: listAddress(run.id, { verdict }) };
      }),
    ),
  );
  return (
    <section>
      <h2>Verdicts</h2>
      <p className="soft small">Given on the units’ own pages.</p>
      <Answered answer={answer} what="Counting verdicts">
        {(counts) => <Counts counts={counts} />}
      </Answered>
    </section>
  );
}

function Figures({ run, figures }: { run: Run; figures: Dashboard["figures"] }) {
  if (figures.length === 0) return null;
  return (
    <section>
      <h2>Figures of studies</h2>
      <div className="drawn">
        {figures.map((figure) => {
          const source = server.pictures.figure(run, figure);
          return (
            <figure key={figure.id}>
              <a href={source} target="_blank" rel="noreferrer">
                <img src={source} alt={figure.title} loading="lazy" />
              </a>
              <figcaption>{figure.title}</figcaption>
            </figure>
          );
        })}
      </div>
    </section>
  );
}
