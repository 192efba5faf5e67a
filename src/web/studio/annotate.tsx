/** A unit at a time: its pictures, and a sentence. */
import { type FormEvent, type KeyboardEvent, useCallback, useEffect, useId, useRef, useState } from "react";
import { FailedRequest } from "../shared/asking.js";
import { counted } from "../shared/numbers.js";
import { Failure, Loading } from "../shared/parts.js";
import { type Assignment, type Next, type Session, server } from "./client.js";
import { type Draft, draftOf, dropDraft, keepDraft } from "./drafts.js";
import { Finished } from "./ended.js";
import { useSending } from "./sending.js";
import { Sheet } from "./sheet.js";

export function AnnotatePage({ session }: { session: Session }) {
  const [next, setNext] = useState<Next>();
  const { send, failure } = useSending();
  const ask = useCallback(() => send(async () => setNext(await server.next())), [send]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, and then after each answer
  useEffect(ask, []);
  if (failure) return <Failure failure={failure} again={ask} />;
  if (!next) return <Loading what="Looking for a unit" />;
  const { assignment, waiting, answers } = next;
  if (!assignment) return <Finished waiting={waiting} answers={answers} again={ask} />;
  return <Unit key={assignment.code} {...{ session, assignment, answers }} done={ask} />;
}

interface UnitProps {
  readonly session: Session;
  readonly assignment: Assignment;
  readonly answers: number;
  readonly done: () => void;
}

function Unit({ session, assignment, answers, done }: UnitProps) {
  const { code, unit } = assignment;
  const [draft, write] = useDraft(code);
  const { send, sending, failure } = useSending();
  const field = useRef<HTMLTextAreaElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const ids = [useId(), useId()];
  useEffect(() => {
    field.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, []);
  const leave = () => {
    dropDraft(code);
    done();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send(() => server.answer(code, draft.text, draft.activeMs).then(leave));
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "Enter") return;
    event.preventDefault(); // it is one sentence, on one line
    if (event.ctrlKey || event.metaKey) form.current?.requestSubmit();
  };
  // the unit is another's by now, or somebody ended this person's part: there is nothing to try again
  const lost =
    failure instanceof FailedRequest && failure.status >= 400 && failure.status < 500 && failure.status !== 400;
  return (
    <form ref={form} onSubmit={submit} className="annotate">
      <h1 className="unseen">Describe the bright parts</h1>
      <Sheet
        unit={unit}
        count={session.pictures}
        width={session.width}
        height={session.height}
        label="Pictures of the unit"
      />
      <div className="say">
        <label htmlFor={ids[0]}>What do the bright parts have in common?</label>
        <textarea
          ref={field}
          id={ids[0]}
          aria-describedby={ids[1]}
          rows={2}
          maxLength={500}
          required
          placeholder="One sentence, such as: the wheels of old cars"
          value={draft.text}
          onChange={(event) => write(event.target.value)}
          onKeyDown={pressed}
        />
        <p id={ids[1]} className="hint" role="status">
          {hintFor(draft.text)}
        </p>
        {failure && (
          <p role="alert" className="wrong">
            {failure.message}{" "}
            {lost ? (
              <button type="button" onClick={leave}>
                Go on
              </button>
            ) : (
              "What you wrote is kept; send it again."
            )}
          </p>
        )}
        <div className="line">
          <button type="submit" className="main" disabled={sending}>
            Send
          </button>
          <button type="button" disabled={sending} onClick={() => send(() => server.skip(code).then(leave))}>
            I cannot tell, pass
          </button>
          <span className="soft small keys-hint">
            <kbd>Ctrl</kbd> <kbd>Enter</kbd> sends
          </span>
          <span className="soft small so-far">
            {answers === 0 ? "your first" : `${counted(answers, "unit")} described`}
          </span>
        </div>
      </div>
    </form>
  );
}

/** How often what was typed and how long it took are kept, and how often the unit is asked for again by who is at it. */
const KEEP_MS = 5000;
const RENEW_MS = 240_000;

/** What is typed, kept in the browser, with how long the page was in view. Who types keeps the unit. */
function useDraft(code: string): [Draft, (text: string) => void] {
  const [text, setText] = useState(() => draftOf(code).text);
  const clock = useRef({ activeMs: draftOf(code).activeMs, at: performance.now(), typed: false });
  const passed = useCallback(() => {
    const now = performance.now();
    if (document.visibilityState === "visible") clock.current.activeMs += now - clock.current.at;
    clock.current.at = now;
    return clock.current.activeMs;
  }, []);
  const latest = useRef(text);
  useEffect(() => {
    const keep = () => keepDraft(code, { text: latest.current, activeMs: passed() });
    const turned = () => {
      // what has just ended was of the other kind
      if (document.visibilityState === "hidden") clock.current.activeMs += performance.now() - clock.current.at;
      clock.current.at = performance.now();
      keepDraft(code, { text: latest.current, activeMs: clock.current.activeMs });
    };
    const renew = () => {
      if (clock.current.typed) server.next().catch(() => {});
      clock.current.typed = false;
    };
    const timers = [setInterval(keep, KEEP_MS), setInterval(renew, RENEW_MS)];
    document.addEventListener("visibilitychange", turned);
    return () => {
      for (const timer of timers) clearInterval(timer);
      document.removeEventListener("visibilitychange", turned);
    };
  }, [code, passed]);
  const write = (said: string) => {
    latest.current = said;
    clock.current.typed = true;
    setText(said);
    keepDraft(code, { text: said, activeMs: passed() });
  };
  return [
    {
      text,
      get activeMs() {
        return passed();
      },
    },
    write,
  ];
}

/** A word of advice while one types. The server judges for itself. */
function hintFor(text: string): string {
  const said = text.trim();
  if (/\bhigh[- ]?light|\b(bright|lit) (area|part|region|spot)s?\b/i.test(said)) {
    return "Leave the highlighting out: say what is seen there.";
  }
  if (/^\S{3,}\s+$/.test(text)) return "One word? Perhaps which kind, which part of it, or where.";
  return "";
}
