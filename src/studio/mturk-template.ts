/**
 * The page that workers of Mechanical Turk see, and the files around it. Mechanical Turk fills in `${columns}` of the batch's table and sends what
 * is typed into the field `summary` back as `Answer.summary`; both are the names that the reference implementation uses.
 */
import { STEPS } from "./instructions.js";
import { passMarkOf, type Qualification } from "./qualification.js";

/** Columns of the table: what says which unit it is, then a picture each. */
export const INPUT_COLUMNS = ["study", "code", "layer", "unit"] as const;
export const pictureColumn = (rank: number): string => `image_url_${rank + 1}`;

export interface Protocol {
  readonly title: string;
  readonly pictures: number;
}

const escaped = (text: string): string => text.replace(/[&<>"'$]/g, (character) => `&#${character.charCodeAt(0)};`);

/** The layout of a HIT, with places for the columns. */
export function hitTemplate({ title, pictures }: Protocol): string {
  const images = Array.from(
    { length: pictures },
    (_, rank) => `      <img src="\${${pictureColumn(rank)}}" alt="picture ${rank + 1} of ${pictures}" />`,
  );
  return `<script src="https://assets.crowd.aws/crowd-html-elements.js"></script>
<style>
  .sheet { max-width: 60rem; margin: 0 auto; font: 16px/1.45 sans-serif; }
  .pictures { display: grid; grid-template-columns: repeat(5, 1fr); gap: 4px; margin: 1rem 0; }
  .pictures img { width: 100%; display: block; background: #000; }
  .sheet textarea { width: 100%; box-sizing: border-box; font: inherit; padding: 0.4rem; }
</style>
<crowd-form answer-format="flatten-objects">
  <div class="sheet">
    <h1>${escaped(title)}</h1>
    <ol>
${STEPS.map((line) => `      <li>${escaped(line)}</li>`).join("\n")}
    </ol>
    <div class="pictures">
${images.join("\n")}
    </div>
    <label for="summary">What do the bright parts have in common? One sentence.</label>
    <textarea id="summary" name="summary" rows="2" maxlength="500" required></textarea>
  </div>
</crowd-form>
`;
}

const xml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The qualification as Mechanical Turk's QuestionForm. @param url address of a picture of question `question`. */
export function questionForm(
  { questions }: Qualification,
  { title, pictures }: Protocol,
  url: (question: number, rank: number) => string,
): string {
  const asked = questions.map(({ choices }, question) => {
    const images = Array.from({ length: pictures }, (_, rank) => {
      const name = `picture ${rank + 1} of ${pictures}`;
      return `<Binary><MimeType><Type>image</Type><SubType>jpeg</SubType></MimeType><DataURL>${xml(url(question, rank))}</DataURL><AltText>${name}</AltText></Binary>`;
    });
    const selections = choices.map(
      (choice, i) =>
        `<Selection><SelectionIdentifier>c${i}</SelectionIdentifier><Text>${xml(choice)}</Text></Selection>`,
    );
    return `  <Question>
    <QuestionIdentifier>q${question + 1}</QuestionIdentifier>
    <IsRequired>true</IsRequired>
    <QuestionContent><Text>Which describes best what the bright parts have in common?</Text>${images.join("")}</QuestionContent>
    <AnswerSpecification><SelectionAnswer><StyleSuggestion>radiobutton</StyleSuggestion><Selections>${selections.join("")}</Selections></SelectionAnswer></AnswerSpecification>
  </Question>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<QuestionForm xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2017-11-06/QuestionForm.xsd">
  <Overview><Title>${xml(title)}</Title>${STEPS.map((line) => `<Text>${xml(line)}</Text>`).join("")}</Overview>
${asked.join("\n")}
</QuestionForm>
`;
}

/** Its key: a point for each right answer; the score is per cent of all. */
export function answerKey({ questions }: Qualification): string {
  const right = questions.map(
    ({ best }, question) =>
      `  <Question><QuestionIdentifier>q${question + 1}</QuestionIdentifier><AnswerOption><SelectionIdentifier>c${best}</SelectionIdentifier><AnswerScore>1</AnswerScore></AnswerOption></Question>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<AnswerKey xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2005-10-01/AnswerKey.xsd">
${right.join("\n")}
  <QualificationValueMapping><PercentageMapping><MaximumSummedScore>${questions.length}</MaximumSummedScore></PercentageMapping></QualificationValueMapping>
</AnswerKey>
`;
}

/** What to do with the files. @param base where the pictures will be. */
export function readMe(
  protocol: Protocol,
  files: { units: number; base: string; test: Qualification | null; annotators: number },
): string {
  const { units, base, test, annotators } = files;
  const qualification = test
    ? `
3. Qualification: make a qualification type with qualification-questions.xml as its test and
   qualification-answers.xml as its key, and require of workers a score of at least
   ${Math.ceil((100 * passMarkOf(test)) / test.questions.length)} (per cent). The key must stay with you.
`
    : "";
  return `Batch of the study "${protocol.title}": ${units} units, ${protocol.pictures} pictures each.

1. Host the pictures. Workers' browsers load them from the web, so the folder pictures/ has to be
   reachable, with its folders as they are, at
   ${base}
   Anybody who knows an address there can see that picture; nothing else of this folder has to be public.
   Open the first address in batch.csv in a browser before you publish.

2. Project: put hit.html into the design of a new project, ask for ${annotators} assignments per HIT, and publish
   it with batch.csv.
${qualification}
Afterwards: download the results as CSV, and bring them in with
   milan annotate mturk-import RUN RESULTS.csv
`;
}
