/** For reviewers: what was said of a unit beside its pictures; accept, or reject with a reason. */
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { useKeys } from "../shared/keys.js";
import { counted, whole } from "../shared/numbers.js";
import { Answered, Dialog } from "../shared/parts.js";
import { addressOf, go, Link, type Query } from "../shared/router.js";
import { type Answer, type ReviewPage as Page, type ReviewUnit, type Session, server } from "./client.js";
import { FLAG_NAMES, STATUS_NAMES, seconds } from "./names.js";
import { useRefreshed, useSending } from "./sending.js";
import { Sheet } from "./sheet.js";

const UNITS = 10;

export function ReviewPage({ session, query }: { session: Session; query: Query }) {
  const asked = { ...query, limit: String(UNITS) };
  const page = useRefreshed(JSON.stringify(asked), (signal) => server.review(asked, signal));
  return (
    <div className="review">
      <h1>Review</h1>
      <Filters query={query} />
      <Answered answer={page} what="Reading the answers">
        {(value) => <Found {...{ session, query }} page={value} changed={page.refresh} />}
      </Answered>
    </div>
  );
}

function Filters({ query }: { query: Query }) {
  const choose = (name: string, value: string) =>
    go(addressOf(["review"], { ...query, [name]: value, offset: "" }), { replace: true });
  return (
    <div className="filters">
      <label>
        <span>Answers</span>
        <select value={query.status ?? "pending"} onChange={(event) => choose("status", event.target.value)}>
          {Object.entries(STATUS_NAMES).map(([status, name]) => (
            <option key={status} value={status}>
              {name}
            </option>
          ))}
          <option value="any">all</option>
        </select>
      </label>
      <label>
        <span>Flags</span>
        <select value={query.flag ?? "any"} onChange={(event) => choose("flag", event.target.value)}>
          <option value="any">any or none</option>
          <option value="some">with flags</option>
          <option value="none">without flags</option>
          {Object.entries(FLAG_NAMES).map(([flag, name]) => (
            <option key={flag} value={flag}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {query.annotator && (
        <button type="button" onClick={() => choose("annotator", "")}>
          of one annotator: show all
        </button>
      )}
    </div>
  );
}

interface FoundProps {
  readonly session: Session;
  readonly query: Query;
  readonly page: Page;
  readonly changed: () => void;
}

function Found({ session, query, page, changed }: FoundProps) {
  const { send, sending, failure } = useSending();
  const [rejecting, setRejecting] = useState<readonly Answer[]>();
  const [current, setCurrent] = useState<number>();
  const shown = page.units.flatMap(({ answers }) => answers.filter(({ asked }) => asked));
  const at = shown.findIndex(({ id }) => id === current);
  const chosen = shown[at];
  const move = (step: number) => setCurrent(shown[Math.min(Math.max(at + step, 0), shown.length - 1)]?.id);
  const judge = (answers: readonly Answer[], accept: boolean, reason = "") =>
    send(async () => {
      const next = shown.slice(at + 1).find((answer) => !answers.includes(answer));
      await server.judge(
        answers.map(({ id }) => id),
        accept,
        reason,
      );
      if (chosen && answers.includes(chosen)) setCurrent(next?.id);
      setRejecting(undefined);
      changed();
    });
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    a: () => chosen && chosen.status !== "accepted" && judge([chosen], true),
    r: () => chosen && chosen.status !== "rejected" && setRejecting([chosen]),
  });
  const clean = shown.filter(({ flags, status }) => flags.length === 0 && status === "pending");
  if (page.total === 0) return <p className="state">There is no such answer.</p>;
  return (
    <>
      <div className="line above">
        <p className="soft">
          {counted(page.answers, "answer")} to {counted(page.total, "unit")}.{" "}
          <span className="keys-hint">
            <kbd>j</kbd> <kbd>k</kbd> choose, <kbd>a</kbd> accepts, <kbd>r</kbd> rejects.
          </span>
        </p>
        {clean.length > 0 && (
          <button type="button" disabled={sending} onClick={() => judge(clean, true)}>
            Accept the {whole(clean.length)} without flags on this page
          </button>
        )}
      </div>
      {failure && (
        <p role="alert" className="wrong">
          {failure.message}
        </p>
      )}
      <ol className="units" start={Number(query.offset ?? 0) + 1}>
        {page.units.map((unit) => (
          <Unit
            key={unit.unit}
            {...{ session, unit, current, sending }}
            accept={(answer) => judge([answer], true)}
            reject={(answer) => setRejecting([answer])}
          />
        ))}
      </ol>
      <Paging query={query} total={page.total} />
      {rejecting && (
        <Rejection
          answers={rejecting}
          sending={sending}
          close={() => setRejecting(undefined)}
          reject={(reason) => judge(rejecting, false, reason)}
        />
      )}
    </>
  );
}

interface UnitProps {
  readonly session: Session;
  readonly unit: ReviewUnit;
  readonly current: number | undefined;
  readonly sending: boolean;
  readonly accept: (answer: Answer) => void;
  readonly reject: (answer: Answer) => void;
}

function Unit({ session, unit, current, sending, accept, reject }: UnitProps) {
  const name = `${unit.layer}, unit ${unit.number}`;
  return (
    <li className="unit">
      <h2>{name}</h2>
      <Sheet
        unit={unit.unit}
        count={session.pictures}
        width={session.width}
        height={session.height}
        label={`Pictures of ${name}`}
        small
      />
      <ul className="answers">
        {unit.answers.map((answer) => (
          <Line key={answer.id} {...{ answer, sending, accept, reject }} current={answer.id === current} />
        ))}
      </ul>
    </li>
  );
}

function Line(props: {
  answer: Answer;
  current: boolean;
  sending: boolean;
  accept: (answer: Answer) => void;
  reject: (answer: Answer) => void;
}) {
  const { answer, current, sending, accept, reject } = props;
  const line = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (current) line.current?.focus(); // Tab goes on to its buttons
  }, [current]);
  const { text, nickname, annotator, elapsed, active, status, reason, flags } = answer;
  return (
    <li
      ref={line}
      tabIndex={-1}
      className={answer.asked ? "answer" : "answer other"}
      aria-current={current || undefined}
    >
      <div>
        <p className="said">{text || <em>nothing</em>}</p>
        <p className="soft small about">
          <Link to={addressOf(["review"], { status: "any", annotator })}>{nickname}</Link> in {seconds(elapsed)}
          {active !== null && active < elapsed / 2 && ` (${seconds(active)} in view)`}{" "}
          {flags.map((flag) => (
            <span key={flag} className="tag doubt">
              {FLAG_NAMES[flag]}
            </span>
          ))}{" "}
          {status !== "pending" && (
            <span className={`tag ${status === "accepted" ? "yes" : "no"}`}>{STATUS_NAMES[status]}</span>
          )}{" "}
          {reason}
        </p>
      </div>
      <div className="line">
        <button type="button" disabled={sending || status === "accepted"} onClick={() => accept(answer)}>
          Accept<span className="unseen"> “{text}”</span>
        </button>
        <button type="button" disabled={sending || status === "rejected"} onClick={() => reject(answer)}>
          Reject<span className="unseen"> “{text}”</span>
        </button>
      </div>
    </li>
  );
}

const REASONS = [
  "says nothing",
  "not what the pictures show",
  "copied",
  "speaks of the highlighting",
  "not English",
  "of one picture only",
];

/** Why; the annotator is not told, the table of details is. */
function Rejection(props: {
  answers: readonly Answer[];
  sending: boolean;
  close: () => void;
  reject: (reason: string) => void;
}) {
  const { answers, sending, close, reject } = props;
  const [reason, setReason] = useState("");
  const [id, list] = [useId(), useId()];
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    reject(reason);
  };
  return (
    <Dialog title="Reject this answer" close={close}>
      <form onSubmit={submit} className="rejection">
        {answers.map(({ id, text }) => (
          <p key={id}>
            <q>{text}</q>
          </p>
        ))}
        <label htmlFor={id}>Why?</label>
        <input
          ref={field}
          id={id}
          type="text"
          list={list}
          required
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <datalist id={list}>
          {REASONS.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
        <p className="soft small">The unit is given to somebody else.</p>
        <button type="submit" className="main" disabled={sending}>
          Reject
        </button>
      </form>
    </Dialog>
  );
}

function Paging({ query, total }: { query: Query; total: number }) {
  const offset = Number(query.offset ?? 0);
  const to = (place: number) => addressOf(["review"], { ...query, offset: place > 0 ? String(place) : "" });
  if (total <= UNITS) return null;
  return (
    <nav aria-label="More units" className="line">
      {offset > 0 && <Link to={to(Math.max(0, offset - UNITS))}>Previous</Link>}
      <span className="soft">
        {whole(offset + 1)} to {whole(Math.min(offset + UNITS, total))} of {whole(total)}
      </span>
      {offset + UNITS < total && <Link to={to(offset + UNITS)}>Next</Link>}
    </nav>
  );
}
