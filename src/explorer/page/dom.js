/**
 * The only way the page makes elements. Whatever a run is called, or says, ends up as text or as the value of an attribute,
 * never as markup.
 */

export const byId = (id) => document.getElementById(id);

/** An element. Properties beginning with `on` are listeners, others attributes; undefined and false leave one out. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** A group of radio buttons that look like one control. @param options [value, text]; @param choose gets the value. */
export function radios(fieldset, name, options, choose) {
  for (const [value, text] of options) {
    const input = make("input", { type: "radio", name, value, onchange: () => choose(value) });
    fieldset.append(make("label", {}, input, make("span", { "data-value": value }, text)));
  }
}

/** Checks the radio button of `value` in a group. */
export function check(fieldset, value) {
  for (const input of fieldset.querySelectorAll("input")) input.checked = input.value === value;
}
