/** The beam of a unit as a table that can be ranked by another λ (the paper, section 3.2). */
import { facts } from "./data.js";
import { make } from "./dom.js";
import { real } from "./words.js";

const SHORT = 10;

/** Candidates with their score log p(d|E) - λ log p(d), best first, each description once. */
function ranked(beam, lambda) {
  const scored = beam.map(([text, logp, logpLm]) => ({ text, logp, logpLm, score: logp - lambda * (logpLm ?? 0) }));
  scored.sort((a, b) => b.score - a.score);
  return [...new Map(scored.toReversed().map((item) => [item.text, item])).values()].toReversed();
}

/** The table, with a slider for λ when the describer has a language model. @param chosen the unit's description. */
export function candidates(beam, chosen) {
  const usual = facts.lambda ?? 0;
  const hasPrior = beam.some(([, , logpLm]) => logpLm !== null);
  const body = make("tbody");
  const verdict = make("p", { class: "verdict", role: "status" });
  const value = make("output", { for: "lambda" });
  let all = false;
  let lambda = usual;
  const update = () => {
    const list = ranked(beam, lambda);
    body.replaceChildren(...list.slice(0, all ? list.length : SHORT).map((item) => line(item, chosen, hasPrior)));
    value.textContent = lambda.toFixed(2);
    verdict.textContent =
      list[0].text === chosen ? "" : `With λ = ${lambda.toFixed(2)} the highest score has: ${list[0].text}`;
    more.hidden = list.length <= SHORT;
    more.textContent = all ? `Show the first ${SHORT}` : `Show all ${list.length}`;
  };
  const more = make("button", { type: "button", class: "quiet", onclick: () => update((all = !all)) });
  const slider = make("input", {
    ...{ id: "lambda", type: "range", min: 0, max: Math.max(1, usual), step: 0.01, value: usual },
    oninput: ({ target }) => update((lambda = Number(target.value))),
  });
  const reset = () => update((slider.value = lambda = usual));
  const head = ["Description", "log p(d|E)", ...(hasPrior ? ["log p(d)", "score"] : [])];
  const section = make("section", { class: "candidates" }, make("h3", {}, "Candidates"));
  if (hasPrior) {
    section.append(
      make(
        "div",
        { class: "lambda" },
        make("label", { for: "lambda" }, "λ"),
        slider,
        value,
        make("button", { type: "button", class: "quiet", onclick: reset }, "Reset"),
      ),
      make(
        "p",
        { class: "hint" },
        "score = log p(d|E) − λ log p(d). A larger λ favours what is particular to this unit over what is often said.",
      ),
    );
  }
  section.append(
    verdict,
    make(
      "table",
      {},
      make("thead", {}, make("tr", {}, ...head.map((name) => make("th", { scope: "col" }, name)))),
      body,
    ),
    more,
  );
  update();
  return section;
}

function line({ text, logp, logpLm, score }, chosen, hasPrior) {
  const numbers = hasPrior ? [logp, logpLm, score] : [logp];
  const isChosen = text === chosen;
  const mark = isChosen ? make("span", { class: "chosen" }, "chosen") : undefined;
  return make(
    "tr",
    { class: isChosen ? "is-chosen" : undefined },
    make("td", {}, text, mark ? " " : undefined, mark),
    ...numbers.map((number) => make("td", {}, real(number))),
  );
}
