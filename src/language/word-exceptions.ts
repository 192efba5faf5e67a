/**
 * What spaCy's English tokeniser knows by heart, as far as it occurs in ordinary text: contractions with and without their apostrophe,
 * abbreviations, times of day, and faces made of punctuation. Entries hold for one way of writing: "Mr." is known, "mr." is not.
 */

const list = (text: string): string[] => text.split(" ");

const PERSONS = list("i you he she it we they");
const POINTERS = list("this that these those there who what when where why how");
const HELPERS = list("ca could do does did had may might must need ought sha should wo would");
const COMPOUND = list("could might must should would");
const NEGATED = list("ai are is was were have has dare");

/** Words that a contraction without its apostrophe would be; these stay whole. */
const WORDS = new Set(list("ill its hell shell shed were well whore"));

/** Of which "this" and the plural ones have not all. */
function endsOf(subject: string): string[] {
  const short = subject === "i" ? ["m", "ma"] : [];
  if (/^(he|she|it)$/.test(subject)) short.push("s");
  if (/^(you|we|they)$/.test(subject)) short.push("re");
  if (/^(i|you|we|they)$/.test(subject)) short.push("ve");
  if (POINTERS.includes(subject)) {
    if (!/^th[eo]se$/.test(subject)) short.push("s");
    if (!/^th(is|at)$/.test(subject)) short.push("ve");
    if (!/^th(is|at)$/.test(subject)) short.push("re");
  }
  return [...short, "ll", "d", "ll've", "d've"];
}

/** Forms with their tokens marked by spaces, in lower case; a capital may begin each. */
function* contractions(): Iterable<string> {
  for (const subject of [...PERSONS, ...POINTERS]) for (const end of endsOf(subject)) yield `${subject} '${end}`;
  yield "there 've";
  for (const verb of [...HELPERS, ...NEGATED]) yield `${verb} n't`;
  for (const verb of HELPERS) yield `${verb} n't've`;
  for (const verb of COMPOUND) yield `${verb} 've`;
}

const ABBREVIATIONS = list(
  "a.m. p.m. e.g. E.g. E.G. i.e. I.e. I.E. v.s. vs. co. Co. w/o and/or C++ Adm. Bros. Corp. D.C. Dr. Gen. Gov. Inc. Jr. Ltd. Md. " +
    "Messrs. Mr. Mrs. Ms. Mt. Ph.D. Prof. Rep. Rev. Sen. St. Jan. Feb. Mar. Apr. Jun. Jul. Aug. Sep. Sept. Oct. Nov. Dec. Ala. Ak. " +
    "Ariz. Ark. Calif. Colo. Conn. Del. Fla. Ga. Ia. Id. Ill. Ind. Kan. Kans. Ky. La. Mass. Mich. Minn. Miss. Mo. Mont. N.C. N.D. N.H. " +
    "N.J. N.M. N.Y. Neb. Nebr. Nev. Okla. Ore. Pa. S.C. Tenn. Va. Wash. Wis.",
);

const FACES = list(
  ":) :)) :))) :-) :-)) :-))) (: (-: =) (= :( :(( :((( :-( :-(( :-((( ): )-: =( :') :'( :'-) :'-( ;) ;-) (; (-; :D :-D ;D ;-D =D xD xDD XD " +
    "XDD 8D 8-D 8) 8-) (8 (-8 :P :-P :p :-p :O :-O :o :-o :0 :-0 :x :-x :X :-X :3 :-3 =3 :* :-* :/ :-/ =/ :| :-| =| :] :-] =] [: [-: [= =[ ]= " +
    ":} :-} :> :-> <3 <33 <333 </3 >.> >.< <.< ^_^ ^__^ ^___^ (^_^) (-_-) -_- -__- ._. ;_; @_@ o.o O.o o.O O.O o_o O_o o_O O_O 0_0 0.0 V.V v.v v_v " +
    "V_V >:o >:( (:",
);

/** Written like this or with a typographic apostrophe. */
const APOSTROPHISED = list(
  "'em 'll 'nuff 'S 's 're 'd 'bout 'cause 'Cause 'cos 'Cos 'coz 'Coz 'cuz 'Cuz ma'am Ma'am o'clock O'clock doin' Doin' goin' Goin' havin' Havin' " +
    "lovin' Lovin' nothin' Nothin' nuthin' Nuthin' ol' Ol' somethin' Somethin'",
);

function exceptions(): Map<string, readonly string[]> {
  const all = new Map<string, readonly string[]>();
  const known = (marked: string) => {
    const tokens = marked.split(" ");
    all.set(tokens.join(""), tokens);
  };
  const bothApostrophes = (marked: string) => {
    known(marked);
    known(marked.replaceAll("'", "’"));
  };
  for (const form of contractions()) {
    // "'ll've" and "n't've" are two tokens, "'ma" too
    const marked = form.replace(/'ve$/, " 've").replace(/ +/g, " ").replace(/'ma$/, "'m a");
    for (const cased of [marked, marked[0].toUpperCase() + marked.slice(1)]) {
      bothApostrophes(cased);
      const bare = cased.replaceAll("'", "");
      if (!WORDS.has(bare.replaceAll(" ", "").toLowerCase())) known(bare);
    }
  }
  for (const form of ["let 's", "Let 's", "not 've", "Not 've", "y' all", "how 'd 'y", "How 'd 'y", "c'm on", "C'm on"])
    bothApostrophes(form);
  for (const form of ["can not", "Can not", "gon na", "Gon na", "got ta", "Got ta", "not ve", "Not ve", "y all"])
    known(form);
  for (const form of [...APOSTROPHISED, "''"]) bothApostrophes(form);
  for (const form of [...ABBREVIATIONS, ...FACES, "‘S", "‘s"]) known(form);
  for (const letter of "abcdefghijklmnopqrstuvwxyzäöü") known(`${letter}.`);
  for (const scale of "CFKcfk") known(`° ${scale} .`);
  for (let hour = 1; hour <= 12; hour++) for (const half of ["am", "pm", "a.m.", "p.m."]) known(`${hour} ${half}`);
  return all;
}

/** Tokens of each known piece of text. */
export const EXCEPTIONS: ReadonlyMap<string, readonly string[]> = exceptions();
