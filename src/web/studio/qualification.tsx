/** The test: of several descriptions of a unit, the best is to be picked. */
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { useAnswer } from "../shared/asking.js";
import { counted } from "../shared/numbers.js";
import { Answered } from "../shared/parts.js";
import { type Outcome, type Questions, type Session, server } from "./client.js";
import { useSending } from "./sending.js";
import { Sheet } from "./sheet.js";

/** @param ended when it is passed, or there is no attempt left. */
export function QualificationPage({ session, ended }: { session: Session; ended: () => void }) {
  const questions = useAnswer("questions", (signal) => server.questions(signal));
  return (
    <Answered answer={questions} what="Opening the test">
      {(value) => <Test session={session} questions={value} ended={ended} />}
    </Answered>
  );
}

function Test({ session, questions, ended }: { session: Session; questions: Questions; ended: () => void }) {
  const [chosen, setChosen] = useState<readonly (number | undefined)[]>(questions.map(() => undefined));
  const [outcome, setOutcome] = useState<Outcome>();
  const { send, sending, failure } = useSending();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const left = outcome?.attemptsLeft ?? session.qualification?.attemptsLeft ?? 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send(async () => {
      const said = await server.attempt(chosen.map((choice) => choice ?? 99));
      if (said.passed || said.attemptsLeft === 0) return ended();
      setOutcome(said);
      setChosen(questions.map(() => undefined));
      heading.current?.focus();
      scrollTo(0, 0);
    });
  };
  return (
    <form onSubmit={submit} className="test">
      <h1 ref={heading} tabIndex={-1}>
        A short test
      </h1>
      <p className="lead">
        Pick the description that says best what the bright parts of the pictures have in common.{" "}
        {session.qualification && session.qualification.passMark < questions.length
          ? `${session.qualification.passMark} of ${questions.length} have to be right.`
          : "All answers have to be right."}{" "}
        {counted(left, "attempt")} left.
      </p>
      {outcome && (
        <p role="alert" className="wrong">
          {outcome.correct} of {questions.length} were right. Look again at what most of the bright parts show.
        </p>
      )}
      {questions.map(({ unit, choices }, question) => (
        <Question
          key={unit}
          {...{ unit, choices, session, number: question + 1 }}
          chosen={chosen[question]}
          choose={(choice) => setChosen(chosen.map((one, i) => (i === question ? choice : one)))}
        />
      ))}
      {failure && (
        <p role="alert" className="wrong">
          {failure.message}
        </p>
      )}
      <button type="submit" className="main" disabled={sending}>
        Send the answers
      </button>
    </form>
  );
}

function Question(props: {
  unit: string;
  number: number;
  choices: readonly string[];
  session: Session;
  chosen: number | undefined;
  choose: (choice: number) => void;
}) {
  const { unit, number, choices, session, chosen, choose } = props;
  const name = useId();
  return (
    <section className="question">
      <h2>Question {number}</h2>
      <Sheet
        unit={unit}
        count={session.pictures}
        width={session.width}
        height={session.height}
        label={`Pictures of question ${number}`}
      />
      <fieldset className="options">
        <legend>What do the bright parts have in common?</legend>
        {choices.map((text, choice) => (
          <label key={text}>
            <input type="radio" name={name} required checked={chosen === choice} onChange={() => choose(choice)} />
            <span>{text}</span>
          </label>
        ))}
      </fieldset>
    </section>
  );
}
