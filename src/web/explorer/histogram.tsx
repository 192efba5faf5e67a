/** How a unit's activations are spread, and where the level is. */
import { amount, percent, whole } from "../shared/numbers.js";
import type { UnitPage } from "./client.js";

const WIDTH = 340;
const HEIGHT = 110;
const BASE = 92;

type Spread = NonNullable<UnitPage["histogram"]>;

/** Bars as high as the logarithm of their counts, since nearly all activations are low. @param level where the line is, or null. */
export function Histogram({ spread, level, quantile }: { spread: Spread; level: number | null; quantile: number }) {
  const { edges, counts, total } = spread;
  const [low, high] = [edges[0], edges.at(-1)!];
  const x = (value: number) => (high > low ? ((value - low) / (high - low)) * WIDTH : 0);
  const most = Math.log1p(Math.max(...counts, 1));
  const tall = (count: number) => (BASE - 6) * (Math.log1p(count) / most);
  const said = `${percent(1 - quantile)} of ${whole(total)} activations exceed the level ${amount(level)}`;
  const at = level === null ? undefined : Math.max(0, Math.min(WIDTH, x(level)));
  return (
    <section className="spread">
      <h2>Activations</h2>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Histogram from ${amount(low)} to ${amount(high)}: ${said}`}
      >
        {counts.map((count, i) => (
          <rect
            key={edges[i]}
            className={level !== null && edges[i] >= level ? "above" : "below"}
            x={x(edges[i])}
            y={BASE - tall(count)}
            width={Math.max(0.5, x(edges[i + 1]) - x(edges[i]) - 1)}
            height={tall(count)}
          />
        ))}
        <line x1="0" x2={WIDTH} y1={BASE} y2={BASE} className="axis" />
        {low < 0 && high > 0 && <line x1={x(0)} x2={x(0)} y1={BASE} y2={BASE + 4} className="axis" />}
        {at !== undefined && <line x1={at} x2={at} y1="0" y2={BASE} className="level" />}
        <text x="0" y={HEIGHT - 4}>
          {amount(low)}
        </text>
        <text x={WIDTH} y={HEIGHT - 4} textAnchor="end">
          {amount(high)}
        </text>
        {at !== undefined && (
          <text
            x={at}
            y={HEIGHT - 4}
            textAnchor={at < WIDTH * 0.15 ? "start" : at > WIDTH * 0.85 ? "end" : "middle"}
            className="said"
          >
            {at > WIDTH * 0.12 && at < WIDTH * 0.88 ? amount(level) : ""}
          </text>
        )}
      </svg>
      <p className="soft small">{said}. Counts are logarithmic.</p>
    </section>
  );
}
