/** Ways to bring a picture: drop it anywhere on the page, paste it, or choose a file. */
import { useEffect, useRef, useState } from "react";
import { bring, FORMATS, refusalOf } from "./brought.js";

/** @param small leaves only the button, for where a picture is there already. @param taken is called when there is a new picture. */
export function Bring({ small = false, taken }: { small?: boolean; taken?: () => void }) {
  const input = useRef<HTMLInputElement>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const take = (files: FileList | null | undefined, none: string) => {
    const file = files?.[0];
    const why = file ? refusalOf(file) : none;
    setRefusal(why);
    if (!file || why) return;
    bring(file, file.name);
    taken?.();
  };
  const over = useDrops(take);
  return (
    <div className={`bring${small ? " again" : ""}${over ? " over" : ""}`}>
      {!small && (
        <p>
          <strong>Drop a picture here</strong>, or paste one
        </p>
      )}
      <button type="button" className={small ? "" : "main"} onClick={() => input.current?.click()}>
        {small ? "Another picture" : "Choose a file"}
      </button>
      <input
        ref={input}
        type="file"
        accept="image/*"
        hidden
        aria-label="Picture"
        onChange={(event) => {
          take(event.target.files, "No file was chosen.");
          event.target.value = ""; // the same file again is a choice too
        }}
      />
      {!small && <p className="soft">{FORMATS}, 25 MB at most. It stays in the server’s memory, for a while.</p>}
      {refusal && (
        <p className="refusal" role="alert">
          {refusal}
        </p>
      )}
      {over && (
        <p className="dropping" aria-hidden="true">
          Drop the picture
        </p>
      )}
    </div>
  );
}

/** Whether something is dragged over the page. What is dropped or pasted anywhere on it counts. */
function useDrops(take: (files: FileList | null | undefined, none: string) => void): boolean {
  const [over, setOver] = useState(false);
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const ends = new AbortController();
    const { signal } = ends;
    let leaving: ReturnType<typeof setTimeout> | undefined;
    const dragged = (event: DragEvent) => {
      event.preventDefault(); // otherwise the browser leaves the page for the file
      clearTimeout(leaving);
      setOver(true);
      // the event comes several times a second while something is held over the page
      leaving = setTimeout(() => setOver(false), 400);
    };
    addEventListener("dragenter", dragged, { signal });
    addEventListener("dragover", dragged, { signal });
    addEventListener(
      "drop",
      (event) => {
        event.preventDefault();
        clearTimeout(leaving);
        setOver(false);
        latest.current(event.dataTransfer?.files, "That was no file. Save the picture first, then drop the file.");
      },
      { signal },
    );
    addEventListener(
      "paste",
      ({ clipboardData }) => {
        if (clipboardData && clipboardData.files.length > 0) latest.current(clipboardData.files, "");
      },
      { signal },
    );
    return () => {
      clearTimeout(leaving);
      ends.abort();
    };
  }, []);
  return over;
}
