/** Which page the address asks for, and how far this person is with the study. */
import { type ReactNode, useState } from "react";
import { useAnswer } from "../shared/asking.js";
import { Layout } from "../shared/layout.js";
import { Answered } from "../shared/parts.js";
import { usePlace } from "../shared/router.js";
import { AnnotatePage } from "./annotate.js";
import { type Session, server } from "./client.js";
import { isRead, setRead } from "./drafts.js";
import { Ended } from "./ended.js";
import { InstructionsPage } from "./instructions.js";
import { JoinPage } from "./join.js";
import { ProgressPage } from "./progress.js";
import { QualificationPage } from "./qualification.js";
import { ReviewPage } from "./review.js";

export function App() {
  const session = useAnswer("session", (signal) => server.session(signal));
  return (
    <Answered answer={session} what="Opening the study">
      {(value) => <Chosen session={value} again={session.again} />}
    </Answered>
  );
}

const PAGES = [
  ["", "Describe", false],
  ["instructions", "Instructions", false],
  ["progress", "Progress", true],
  ["review", "Review", true],
] as const;

function Chosen({ session, again }: { session: Session; again: () => void }) {
  const { path, query } = usePlace();
  const here = path[0] ?? "";
  const shown = PAGES.filter(([, , reviews]) => !reviews || session.role === "reviewer");
  const page = shown.find(([way]) => way === here);
  return (
    <Layout
      title={page?.[1] ?? "Nothing here"}
      home="#/"
      ways={shown.map(([way, name]) => ({ to: `#/${way}`, name, current: way === here }))}
    >
      {page ? (
        shownPage(page[0], session, query, again)
      ) : (
        <p className="state">There is no page “{here}” for you. Choose one above.</p>
      )}
    </Layout>
  );
}

function shownPage(
  page: string,
  session: Session,
  query: Readonly<Record<string, string>>,
  again: () => void,
): ReactNode {
  if (page === "instructions") return <InstructionsPage session={session} />;
  if (page === "progress") return <ProgressPage session={session} />;
  if (page === "review") return <ReviewPage session={session} query={query} />;
  return <Part session={session} again={again} />;
}

/** An annotator's part: join, read, qualify, describe. */
function Part({ session, again }: { session: Session; again: () => void }) {
  const { phase, person } = session;
  const [read, setIsRead] = useState(() => person !== null && isRead(person.code));
  if (person === null) return <JoinPage session={session} joined={again} />;
  if (phase === "barred" || phase === "failed") return <Ended phase={phase} />;
  if (!read) {
    const begin = () => {
      setRead(person.code);
      setIsRead(true);
    };
    return <InstructionsPage session={session} begin={begin} />;
  }
  if (phase === "qualification") return <QualificationPage session={session} ended={again} />;
  return <AnnotatePage session={session} />;
}
