/** Probabilities of classes, before and after. */
import { percent } from "../shared/numbers.js";
import type { ClassShare } from "./client.js";

interface SharesProps {
  readonly classes: readonly ClassShare[];
  readonly caption: string;
  /** Whether the difference has a column of its own. */
  readonly change?: boolean;
}

export function ClassShares({ classes, caption, change = false }: SharesProps) {
  const most = Math.max(1e-9, ...classes.flatMap(({ before, after }) => [before, after]));
  return (
    <table className="shares">
      <caption className="unseen">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Class</th>
          <th scope="col" className="number">
            with
          </th>
          <th scope="col" className="number">
            without
          </th>
          {change && (
            <th scope="col" className="number" title="in hundredths">
              change
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {classes.map(({ class: place, name, before, after }) => (
          <tr key={place}>
            <td>
              {name}
              <svg viewBox="0 0 100 7" preserveAspectRatio="none" aria-hidden="true">
                <rect width={(100 * before) / most} height="3" className="before" />
                <rect
                  width={(100 * after) / most}
                  y="4"
                  height="3"
                  className={after < before ? "after less" : "after more"}
                />
              </svg>
            </td>
            <td className="number">{percent(before)}</td>
            <td className="number">{percent(after)}</td>
            {change && <Difference share={after - before} />}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** In hundredths, with its sign. */
function Difference({ share }: { share: number }) {
  const text = (100 * share).toFixed(1);
  if (Number(text) === 0) return <td className="number soft">0.0</td>;
  if (share > 0) return <td className="number more">+{text}</td>;
  return <td className="number less">{text.replace("-", "−")}</td>;
}
