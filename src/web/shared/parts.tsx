/** The parts that pages are made of: what is shown while waiting and when something failed, and the controls that HTML lacks. */
import { type ReactNode, useEffect, useId, useRef } from "react";
import type { Answer } from "./asking.js";

export function Loading({ what = "Loading" }: { what?: string }) {
  return (
    <div className="state loading" role="status">
      <p>{what} …</p>
    </div>
  );
}

export function Failure({ failure, again }: { failure: Error; again?: () => void }) {
  return (
    <div className="state failed" role="alert">
      <p>{failure.message}</p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What is answered, or why it is not there yet. */
export function Answered<T>(props: { answer: Answer<T>; what?: string; children: (value: T) => ReactNode }) {
  const { answer, what, children } = props;
  if (answer.failure && !answer.pending) return <Failure failure={answer.failure} again={answer.again} />;
  if (answer.value === undefined) return <Loading {...(what ? { what } : {})} />;
  return children(answer.value);
}

/** One of a few, side by side. @param options value and name of each. */
export function Choice<T extends string>(props: {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset className="choice">
      <legend className="unseen">{props.label}</legend>
      {props.options.map(([value, text]) => (
        <label key={value}>
          <input type="radio" name={name} checked={value === props.value} onChange={() => props.onChange(value)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** A slider with its name and its value. @param shown the value as it is to be read. */
export function Slider(props: {
  label: string;
  value: number;
  min: number;
  max: number;
  step: number;
  shown: string;
  title?: string;
  disabled?: boolean;
  onChange: (value: number) => void;
}) {
  const { label, shown, title, onChange, ...rest } = props;
  const id = useId();
  return (
    <div className="slider" title={title}>
      <label htmlFor={id}>{label}</label>
      <input
        {...rest}
        id={id}
        type="range"
        aria-valuetext={shown}
        onChange={(event) => onChange(event.target.valueAsNumber)}
      />
      <output htmlFor={id}>{shown}</output>
    </div>
  );
}

/** A dialog above the page, as long as it is rendered. Escape, the button or a press beside it closes it. */
export function Dialog(props: {
  title: string;
  close: () => void;
  /** What the arrows to the right (1) and to the left (-1) do. */
  step?: (by: 1 | -1) => void;
  children: ReactNode;
}) {
  const { title, close, step, children } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onClose={close}
      onKeyDown={(event) => {
        if (event.key === "ArrowRight") step?.(1);
        if (event.key === "ArrowLeft") step?.(-1);
      }}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <h2 id={heading}>{title}</h2>
      {children}
      <button type="button" onClick={() => dialog.current?.close()}>
        Close
      </button>
    </dialog>
  );
}

/** What keys do, `?` shows them. */
export function KeyHelp({ keys, close }: { keys: readonly (readonly [string, string])[]; close: () => void }) {
  return (
    <Dialog title="Keys" close={close}>
      <dl className="keys">
        {keys.map(([key, does]) => (
          <div key={key} style={{ display: "contents" }}>
            <dt>
              {key.split(" ").map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
