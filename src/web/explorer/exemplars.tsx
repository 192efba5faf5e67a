/** A unit's exemplars, large: under masks at any level, outlined, as heat maps or whole; by meaning where there are several. */
import { type ReactNode, useState } from "react";
import { useAnswer } from "../shared/asking.js";
import { amount, counted, percent } from "../shared/numbers.js";
import { Choice, Dialog, Slider } from "../shared/parts.js";
import { type Run, server, type UnitPage } from "./client.js";
import { levelAt, positionOf, quantileAt, quantileText, rangeOf } from "./levels.js";
import { Picture } from "./picture.js";
import { greyStack, LOOKS, type Look, shareOf } from "./pictures.js";

const REST_MS = 90;

/** How the exemplars are to be seen. */
export interface View {
  readonly look: Look;
  readonly quantile: number;
  /** 0 to 1. */
  readonly strength: number;
  readonly set: (changes: Partial<Omit<View, "set">>) => void;
}

interface ExemplarsProps {
  readonly run: Run;
  readonly page: UnitPage;
  readonly view: View;
  /** By rank: how much of a word was read from it, 0 to 1; none when no word is pointed at. */
  readonly weights: readonly number[] | undefined;
}

export function Exemplars({ run, page, view, weights }: ExemplarsProps) {
  const { exemplars } = page;
  const masks = useStack(
    server.pictures.masks(run, page, view.quantile === run.quantile ? null : view.quantile),
    exemplars.length,
    view.look !== "whole",
  );
  const heat = useStack(server.pictures.heat(run, page), exemplars.length, view.look === "heat");
  const most = Math.max(1e-9, ...(weights ?? []));
  const failure = masks.failure?.message ?? heat.failure?.message ?? run.cannot.pictures;
  const [large, setLarge] = useState<number>();
  const shown = exemplars.map(({ rank, image, name }, i) => {
    const mask = masks.value?.[i];
    const said = name ?? `picture ${image}`;
    const share = mask && (shareOf(mask) > 0 ? `${percent(shareOf(mask))} in the mask` : "nothing above the level");
    const title = share ? `${said}: ${share}` : said;
    const picture = (
      <Picture
        key={rank}
        source={server.pictures.whole(run, image)}
        size={run}
        look={view.look}
        strength={view.strength}
        mask={mask}
        heat={heat.value?.[i]}
        label={`Exemplar ${rank + 1}, ${title}`}
      />
    );
    return { picture, title };
  });
  const figures = exemplars.map(({ rank, activation }, i) => {
    const weight = weights?.[rank];
    return (
      <figure
        key={rank}
        title={shown[i].title}
        className={weight === undefined ? undefined : "weighed"}
        style={{ "--weight": weight === undefined ? 1 : weight / most } as object}
      >
        <button type="button" className="enlarge" onClick={() => setLarge(i)}>
          {shown[i].picture}
        </button>
        <figcaption>
          <b>{rank + 1}</b> <span className="soft">{amount(activation)}</span>
          {weight !== undefined && <span className="weight">{percent(weight)}</span>}
        </figcaption>
      </figure>
    );
  });
  return (
    <section className="exemplars" aria-busy={masks.pending || heat.pending}>
      <h2>{counted(exemplars.length, "exemplar")}, strongest first</h2>
      <Tools run={run} page={page} view={view} />
      {failure && (
        <p className="small" role="alert">
          {failure}
        </p>
      )}
      {page.exemplars.length === 0 ? <p className="soft">It has none.</p> : <Groups page={page} figures={figures} />}
      {large !== undefined && exemplars[large] && (
        <Dialog
          title={`Exemplar ${exemplars[large].rank + 1}: ${amount(exemplars[large].activation)}`}
          close={() => setLarge(undefined)}
          step={(by) => setLarge((large + by + exemplars.length) % exemplars.length)}
        >
          <div className="large">{shown[large].picture}</div>
          <p className="soft small">{shown[large].title}</p>
        </Dialog>
      )}
    </section>
  );
}

/** Grey pictures of a unit, when they are wanted. */
function useStack(address: string, count: number, wanted: boolean) {
  const key = wanted && count > 0 ? address : null;
  return useAnswer(key, (signal) => greyStack(address, count, signal), { delayMs: REST_MS });
}

function Tools({ run, page, view }: Omit<ExemplarsProps, "weights">) {
  const { look, quantile, strength, set } = view;
  const fixed = run.cannot.relevel;
  const [from, to] = rangeOf(page.quantiles);
  const usual = run.quantile ?? 0.99;
  const level = levelAt(page.quantiles, quantile) ?? (quantile === usual ? page.level : null);
  const looks = LOOKS.filter(([name]) => name !== "heat" || !fixed);
  return (
    <div className="tools">
      <Choice label="Look" value={look} options={looks} onChange={(value) => set({ look: value })} />
      <div className="sliding">
        <Slider
          label="Level"
          title={
            fixed ??
            "Masks hold the pixels whose activation exceeds the level, the quantile of all of the unit’s activations"
          }
          disabled={fixed !== null || look === "whole" || look === "heat"}
          min={from}
          max={to}
          step={0.01}
          value={positionOf(quantile)}
          shown={quantileText(quantile)}
          onChange={(position) => set({ quantile: snapped(quantileAt(position), usual) })}
        />
        <span className="soft small" title="The activation at this quantile">
          = {amount(level)}
        </span>
        <button type="button" disabled={quantile === usual} onClick={() => set({ quantile: usual })}>
          Reset
        </button>
      </div>
      <Slider
        label="Opacity"
        disabled={look === "whole"}
        min={0}
        max={1}
        step={0.05}
        value={strength}
        shown={percent(strength)}
        onChange={(value) => set({ strength: value })}
      />
    </div>
  );
}

/** The run's own level is easy to come back to. */
const snapped = (quantile: number, usual: number) =>
  Math.abs(positionOf(quantile) - positionOf(usual)) < 0.02 ? usual : quantile;

/** The exemplars of a meaning together, under what is said of them. */
function Groups({ page, figures }: { page: UnitPage; figures: readonly ReactNode[] }) {
  const { meanings, exemplars } = page;
  if (meanings.length === 0) return <div className="figures">{figures}</div>;
  const placeOf = (rank: number) => exemplars.findIndex((exemplar) => exemplar.rank === rank);
  const inSome = new Set(meanings.flatMap(({ ranks }) => ranks));
  const others = exemplars.filter(({ rank }) => !inSome.has(rank)).map(({ rank }) => rank);
  return (
    <>
      {meanings.map(({ text, share, ranks }) => (
        <div className="meaning" key={ranks.join()}>
          <h3>
            {text}{" "}
            <span className="tag" title="How far these exemplars exceed the unit’s level, over how far all of them do">
              {percent(share)}
            </span>
          </h3>
          <div className="figures">{ranks.map((rank) => figures[placeOf(rank)])}</div>
        </div>
      ))}
      {others.length > 0 && (
        <div className="meaning">
          <h3 className="soft">In no group</h3>
          <div className="figures">{others.map((rank) => figures[placeOf(rank)])}</div>
        </div>
      )}
    </>
  );
}
