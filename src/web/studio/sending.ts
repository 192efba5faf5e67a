/** Something that is sent once at a time, and may fail. */
import { useCallback, useRef, useState } from "react";
import { type Answer, useAnswer } from "../shared/asking.js";

export function useSending() {
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<Error>();
  const busy = useRef(false);
  const send = (work: () => Promise<unknown>) => {
    if (busy.current) return;
    busy.current = true;
    setSending(true);
    setFailure(undefined);
    work()
      .catch((error: Error) => setFailure(error))
      .finally(() => {
        busy.current = false;
        setSending(false);
      });
  };
  return { send, sending, failure };
}

/** What is answered, and is asked for again now and then; what was said last stays until it is answered. */
export function useRefreshed<T>(
  key: string,
  ask: (signal: AbortSignal) => Promise<T>,
): Answer<T> & { refresh: () => void } {
  const [time, setTime] = useState(0);
  const answer = useAnswer(`${key} ${time}`, ask);
  const refresh = useCallback(() => setTime((before) => before + 1), []);
  return { ...answer, refresh };
}
