/** Adds a unit to those that are switched off, or takes it away again, from wherever one sees it. */
import { counted } from "../shared/numbers.js";
import { Link } from "../shared/router.js";
import type { Run, UnitRef } from "./client.js";
import { pageAddress, unitsOf } from "./places.js";
import { keepSilenced, nameOf, useSilenced, withoutUnit, withUnits } from "./silenced.js";

export function SwitchOffButton({ run, unit }: { run: Run; unit: UnitRef }) {
  const silenced = useSilenced(run.id);
  const units = unitsOf(silenced);
  const isOff = units.some((other) => nameOf(other) === nameOf(unit));
  if (run.cannot.ablate) return null;
  return (
    <span className="switch">
      <button
        type="button"
        aria-pressed={isOff}
        title="Adds it to the units that are switched off"
        onClick={() => keepSilenced(run.id, isOff ? withoutUnit(silenced, unit) : withUnits(silenced, [unit]))}
      >
        {isOff ? "Switch on again" : "Switch off"}
      </button>
      {units.length > 0 && (
        <Link to={pageAddress(run.id, "switch-off", { units: silenced })}>{counted(units.length, "unit")} off</Link>
      )}
    </span>
  );
}
