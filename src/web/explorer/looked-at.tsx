/** The picture that a visitor brought, with where a unit fires on it, and beside it what the unit was described from. */
import { useEffect } from "react";
import { useAnswer } from "../shared/asking.js";
import { amount, percent } from "../shared/numbers.js";
import { Choice } from "../shared/parts.js";
import { Link } from "../shared/router.js";
import { useAddressed } from "./addressed.js";
import type { BroughtPicture } from "./brought.js";
import { type FiredLine, type Probe, type Run, server } from "./client.js";
import { Strip, standing } from "./fired.js";
import { Picture } from "./picture.js";
import { greyStack, LOOKS, type Look } from "./pictures.js";
import { unitPlace } from "./places.js";
import { SwitchOffButton } from "./switch-off-button.js";
import { unitName } from "./words.js";

/** So that a pointer that crosses the list asks for little. */
const REST_MS = 60;
const TILES = 8;

interface LookedAtProps {
  readonly run: Run;
  readonly brought: BroughtPicture;
  readonly probe: Probe;
  readonly line: FiredLine | undefined;
}

export function LookedAt({ run, brought, probe, line }: LookedAtProps) {
  const [said, setLook] = useAddressed("look", LOOKS[0][0]);
  const look: Look = LOOKS.find(([name]) => name === said)?.[0] ?? LOOKS[0][0];
  const { picture } = probe;
  const mask = useGrey(line && look !== "heat" && look !== "whole" && server.pictures.broughtMask(run, picture, line));
  const heat = useGrey(line && look === "heat" && server.pictures.broughtHeat(run, picture, line));
  const failure = mask.failure ?? heat.failure;
  const renewed = brought.renew;
  useEffect(() => {
    renewed(failure);
  }, [failure, renewed]);
  const where = line && `${percent(line.above)} of it above the level of ${unitName(run, line)}`;
  return (
    <div className="looked">
      <figure aria-busy={mask.pending || heat.pending}>
        <Picture
          source={server.pictures.brought(run, picture)}
          size={run}
          look={look}
          strength={look === "masked" ? 0.65 : 1}
          mask={mask.value}
          heat={heat.value}
          label={`Your picture${where ? `, ${where}` : ""}`}
        />
      </figure>
      <Choice label="Look" value={look} options={LOOKS} onChange={setLook} />
      {failure && (
        <p className="small refusal" role="alert">
          {failure.message}
        </p>
      )}
      {line && <Pointed run={run} line={line} />}
    </div>
  );
}

/** One grey picture, and only while it is what is asked for. */
function useGrey(address: string | false | undefined) {
  const answer = useAnswer(address || null, async (signal) => (await greyStack(address as string, 1, signal))[0], {
    delayMs: REST_MS,
  });
  return address && answer.key === address ? answer : { ...answer, value: undefined, failure: undefined };
}

function Pointed({ run, line }: { run: Run; line: FiredLine }) {
  const { activation, level, above } = line;
  return (
    <div className="pointed">
      <p className="says">{line.text}</p>
      <p className="soft small">
        {unitName(run, line)}: {standing(line)}; activation {amount(activation)}, level {amount(level)}; above it on{" "}
        {percent(above)} of the picture.
      </p>
      <Strip run={run} line={line} count={TILES} />
      <p className="ways small">
        <Link to={unitPlace(run.id, line)}>Open the unit</Link>
        <SwitchOffButton run={run} unit={line} />
      </p>
    </div>
  );
}
