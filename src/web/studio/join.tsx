/** Joining: what is asked of people, and under which name. */
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { counted } from "../shared/numbers.js";
import { type Session, server } from "./client.js";
import { useSending } from "./sending.js";

export function JoinPage({ session, joined }: { session: Session; joined: () => void }) {
  const [nickname, setNickname] = useState("");
  const { send, sending, failure } = useSending();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []); // the only thing to do on this page
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send(() => server.join(nickname).then(joined));
  };
  const { qualification: test, pictures } = session;
  return (
    <section className="reading">
      <h1>{session.title}</h1>
      <p className="lead">
        You will be shown {counted(pictures, "picture")} at a time, each with a bright part, and say in one sentence
        what the bright parts have in common.{" "}
        {test && `A short test of ${counted(test.questions, "question")} comes first.`} You can stop whenever you like;
        what you have sent stays.
      </p>
      <form onSubmit={submit} className="join">
        <label htmlFor={id}>A name of your choice</label>
        <div className="line">
          <input
            ref={field}
            id={id}
            type="text"
            value={nickname}
            maxLength={40}
            required
            autoComplete="off"
            onChange={(event) => setNickname(event.target.value)}
          />
          <button type="submit" className="main" disabled={sending}>
            Join
          </button>
        </div>
        {failure && (
          <p role="alert" className="wrong">
            {failure.message}
          </p>
        )}
        <p className="soft small">
          It need not be yours: reviewers see it beside what you write. A cookie in this browser tells that it is you
          again; nothing else about you is asked or kept but when you opened and sent each answer.
        </p>
      </form>
    </section>
  );
}
