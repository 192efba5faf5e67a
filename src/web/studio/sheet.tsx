/** The pictures of a unit side by side; one opens large. One of them is in the order of the Tab key, arrow keys go to the others. */
import { type KeyboardEvent, useRef, useState } from "react";
import { Dialog } from "../shared/parts.js";
import { server } from "./client.js";

interface SheetProps {
  readonly unit: string;
  readonly count: number;
  readonly width: number;
  readonly height: number;
  /** Of the group, for those who do not see it. */
  readonly label: string;
  readonly small?: boolean;
}

export function Sheet({ unit, count, width, height, label, small = false }: SheetProps) {
  const [large, setLarge] = useState<number>();
  const [active, setActive] = useState(0);
  const group = useRef<HTMLFieldSetElement>(null);
  const ranks = Array.from({ length: count }, (_, rank) => rank);
  const pressed = (event: KeyboardEvent) => {
    const buttons = [...(group.current?.querySelectorAll("button") ?? [])];
    const across = buttons.filter((button) => button.offsetTop === buttons[0].offsetTop).length;
    const steps: Record<string, number> = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const to = active + step;
    if (to < 0 || to >= count) return;
    setActive(to);
    buttons[to].focus();
  };
  return (
    <>
      <fieldset ref={group} className={small ? "sheet small" : "sheet"} onKeyDown={pressed}>
        <legend className="unseen">{label}</legend>
        {ranks.map((rank) => (
          <button
            key={rank}
            type="button"
            className="picture"
            tabIndex={rank === active ? 0 : -1}
            onFocus={() => setActive(rank)}
            onClick={() => setLarge(rank)}
          >
            <img
              src={server.picture(unit, rank)}
              alt={`${rank + 1} of ${count}, open large`}
              width={width}
              height={height}
              {...(small ? { loading: "lazy" as const } : {})}
            />
          </button>
        ))}
      </fieldset>
      {large !== undefined && (
        <Dialog title={`Picture ${large + 1} of ${count}`} close={() => setLarge(undefined)}>
          <Large {...{ unit, count, width, height }} rank={large} go={setLarge} />
        </Dialog>
      )}
    </>
  );
}

function Large(props: {
  unit: string;
  rank: number;
  count: number;
  width: number;
  height: number;
  go: (rank: number) => void;
}) {
  const { unit, rank, count, width, height, go } = props;
  return (
    <div className="large">
      <img src={server.picture(unit, rank)} alt={`Number ${rank + 1}`} width={width} height={height} />
      <p className="line">
        <button type="button" disabled={rank === 0} onClick={() => go(rank - 1)}>
          Previous
        </button>
        <button type="button" disabled={rank === count - 1} onClick={() => go(rank + 1)}>
          Next
        </button>
      </p>
    </div>
  );
}
