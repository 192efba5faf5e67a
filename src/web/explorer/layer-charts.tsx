/** How descriptions change from layer to layer: a bar a layer, in the order of the run. */
import type { ReactNode } from "react";
import { percent, real } from "../shared/numbers.js";
import type { Dashboard } from "./client.js";

type Layer = Dashboard["layers"][number];

const SPEECH = [
  ["nouns", "nouns"],
  ["adjectives", "adjectives"],
  ["verbs", "verbs"],
  ["prepositions", "prepositions"],
] as const;

export function LayerCharts({ layers }: { layers: readonly Layer[] }) {
  const longest = Math.max(...layers.map(({ length }) => length), 1e-9);
  return (
    <div className="charts">
      <Chart title="Confidence" said="on average" layers={layers}>
        {({ confidence }) => [percent(confidence), [["value", confidence ?? 0]]]}
      </Chart>
      <Chart title="Doubts" said="share of units with any" layers={layers}>
        {({ doubted, units }) => [
          percent(units === 0 ? null : doubted / units),
          [["doubtful", doubted / (units || 1)]],
        ]}
      </Chart>
      <Chart title="Length" said="words a description" layers={layers}>
        {({ length }) => [real(length, 1), [["value", length / longest]]]}
      </Chart>
      <Chart
        title="Parts of speech"
        said={SPEECH.map(([part, name]) => (
          <span key={part} className="legend">
            <i className={part} /> {name}
          </span>
        ))}
        layers={layers}
      >
        {(layer) => [
          "",
          SPEECH.map(([part]) => [part, layer[part]] as const),
          SPEECH.map(([part, name]) => `${percent(layer[part])} ${name}`).join(", "),
        ]}
      </Chart>
    </div>
  );
}

/** A value as it is read, the parts of its bar as shares of the whole width, and what a bar of several parts says. */
type Bar = readonly [shown: string, parts: readonly (readonly [kind: string, share: number])[], said?: string];

interface ChartProps {
  readonly title: string;
  readonly said: ReactNode;
  readonly layers: readonly Layer[];
  readonly children: (layer: Layer) => Bar;
}

function Chart({ title, said, layers, children }: ChartProps) {
  return (
    <figure className="chart">
      <figcaption>
        <h3>{title}</h3> <span className="soft small">{said}</span>
      </figcaption>
      <dl>
        {layers.map((layer) => {
          const [shown, parts, read] = children(layer);
          return (
            <div key={layer.layer} title={read}>
              <dt>{layer.layer}</dt>
              <dd>
                <span className="gauge">
                  {parts.map(([kind, share]) => (
                    <span key={kind} className={kind} style={{ width: `${100 * share}%` }} />
                  ))}
                </span>
                {read && <span className="unseen">{read}</span>}
                {shown && <span className="number">{shown}</span>}
              </dd>
            </div>
          );
        })}
      </dl>
    </figure>
  );
}
