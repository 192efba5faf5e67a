/** The verdict on a unit's description, part of its page: does it fit what one sees? */
import { useId, useState } from "react";
import { useKeys } from "../shared/keys.js";
import { counted } from "../shared/numbers.js";
import { Link } from "../shared/router.js";
import { isSite, type Run, type UnitPage, type Verdict } from "./client.js";
import { unitPlace } from "./places.js";
import "./review.css";
import {
  draftNote,
  failedOn,
  give,
  type Review as Kept,
  rememberReviewer,
  reviewerName,
  useGiven,
} from "./verdicts.js";
import { unitName, VERDICTS, verdictName } from "./words.js";

export function Review({ run, unit }: { run: Run; unit: UnitPage }) {
  if (isSite) return unit.review && <ReadOnly review={unit.review} />;
  return unit.text === "" ? null : <Judging run={run} unit={unit} />;
}

function ReadOnly({ review }: { review: Kept }) {
  return (
    <section className="review">
      <h2>Verdict</h2>
      <p>
        <span className={`tag ${review.verdict}`}>{verdictName(review.verdict)}</span> {review.note}
      </p>
      <p className="soft small">{signature(review)}</p>
    </section>
  );
}

const KEYS: Record<Verdict, string> = { yes: "y", no: "n", unsure: "u" };

function Judging({ run, unit }: { run: Run; unit: UnitPage }) {
  const given = useGiven(run, unit);
  const [reviewer, setReviewer] = useState(reviewerName);
  const kept = later(given.kept, unit.review);
  const note = given.draft ?? kept?.note ?? "";
  const chosen = given.sending?.verdict ?? kept?.verdict;
  const send = (verdict: Verdict) =>
    give(run, { layer: unit.layer, unit: unit.unit, verdict, note: note.trim(), reviewer: reviewer.trim() });
  /** A note that was changed after the verdict goes after it. */
  const sendNote = () => {
    if (kept && !given.sending && note.trim() !== kept.note) send(kept.verdict);
  };
  useKeys({ y: () => send("yes"), n: () => send("no"), u: () => send("unsure") });
  const title = useId();
  return (
    <section
      className="review"
      aria-labelledby={title}
      onBlur={({ currentTarget, relatedTarget }) => currentTarget.contains(relatedTarget) || sendNote()}
    >
      <h2 id={title}>Does the description fit?</h2>
      <p className="verdicts">
        {VERDICTS.map(([verdict, name]) => (
          <button
            key={verdict}
            type="button"
            className={verdict}
            aria-pressed={chosen === verdict}
            aria-keyshortcuts={KEYS[verdict]}
            onClick={() => send(verdict)}
          >
            {name} <kbd>{KEYS[verdict]}</kbd>
          </button>
        ))}
      </p>
      <label className="field">
        <span>Note</span>
        <textarea
          rows={2}
          maxLength={2000}
          value={note}
          onChange={(event) => draftNote(run, unit, event.target.value)}
          onKeyDown={leaveByEscape}
        />
      </label>
      <label className="field">
        <span>Your name or pseudonym</span>
        <input
          type="text"
          maxLength={100}
          value={reviewer}
          autoComplete="nickname"
          onChange={(event) => {
            setReviewer(event.target.value);
            rememberReviewer(event.target.value.trim());
          }}
          onKeyDown={leaveByEscape}
        />
      </label>
      <State run={run} unit={unit} kept={kept} note={note} again={give} />
    </section>
  );
}

/** What was kept here, unless the run has another by now. */
const later = (here: Kept | undefined, there: Kept | null) => (here && here.date >= (there?.date ?? "") ? here : there);

/** Escape ends writing, and does not leave the unit. */
function leaveByEscape(event: React.KeyboardEvent<HTMLElement>): void {
  if (event.key !== "Escape") return;
  event.preventDefault();
  event.currentTarget.blur();
}

interface StateProps {
  readonly run: Run;
  readonly unit: UnitPage;
  readonly kept: Kept | null;
  readonly note: string;
  readonly again: typeof give;
}

/** Whether what one said is kept. */
function State({ run, unit, kept, note, again }: StateProps) {
  const { sending, failed } = useGiven(run, unit);
  const others = failedOn(run, unit);
  const [first] = others;
  return (
    <>
      <p className="soft small" role="status">
        {sending ? "Keeping it …" : said(kept, note)}
      </p>
      {failed && (
        <div className="failed" role="alert">
          <p>The verdict was not kept. {failed.error.message}</p>
          <button type="button" onClick={() => again(run, failed.request)}>
            Try again
          </button>
        </div>
      )}
      {first && (
        <p className="failed" role="alert">
          {counted(others.length, "verdict")} given before could not be kept, on{" "}
          <Link to={unitPlace(run.id, first)}>{unitName(run, first)}</Link>
          {others.length > 1 && " and others"}.
        </p>
      )}
    </>
  );
}

function said(kept: Kept | null, note: string): string {
  if (!kept) return note.trim() ? "The note is kept with a verdict." : "";
  if (note.trim() !== kept.note) return "The note is kept when you leave it.";
  return `Kept: ${verdictName(kept.verdict)}${signature(kept) && `, ${signature(kept)}`}.`;
}

/** By whom, and when. */
function signature({ reviewer, date }: Kept): string {
  const time = new Date(date);
  const when = Number.isNaN(time.getTime()) ? "" : time.toLocaleDateString("en-GB", { dateStyle: "medium" });
  return [reviewer && `by ${reviewer}`, when].filter(Boolean).join(", ");
}
