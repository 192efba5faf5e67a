/**
 * What things are kinds of, and what they are made of, for photographs whose classes are known: ImageNet's by WordNet (`wordnet-names.json`,
 * made by `scripts/wordnet-names.js`), the everyday ones of segmentation sets by a table here.
 */
import { readFileSync } from "node:fs";
import type { ThingKind } from "./labels.js";

let imagenet: Readonly<Record<string, readonly string[]>> | undefined;

/**
 * Names of an ImageNet class, most specific first: ["chihuahua", "dog", "animal"].
 * @param id its WordNet 3.0 id, "n02085620"; undefined for one that is not in the table.
 */
export function imagenetNames(id: string): readonly string[] | undefined {
  imagenet ??= JSON.parse(readFileSync(new URL("./wordnet-names.json", import.meta.url), "utf8")) as typeof imagenet;
  return imagenet![id];
}

/** All names of all ImageNet classes. */
export function allImagenetNames(): string[] {
  imagenetNames("");
  return Object.values(imagenet!).flat();
}

/** What things are kinds of, each a list of names, most specific first: of ImageNet's classes, and of everyday things. */
export function chainsOfKinds(): (readonly string[])[] {
  imagenetNames("");
  return [...Object.values(imagenet!), ...[...ABOVE.keys()].map(everydayNames)];
}

/** Everyday words by what they are kinds of. */
const EVERYDAY: Readonly<Record<string, string>> = {
  vehicle: "bicycle,car,motorcycle,airplane,bus,train,truck,boat",
  animal: "bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe",
  sign: "stop sign,traffic light",
  bag: "backpack,handbag,suitcase",
  clothing: "tie",
  "sports equipment":
    "frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket",
  kitchenware: "bottle,wine glass,cup,fork,knife,spoon,bowl",
  fruit: "banana,apple,orange",
  vegetable: "broccoli,carrot",
  food: "fruit,vegetable,sandwich,hot dog,pizza,donut,cake",
  furniture: "chair,couch,bed,table,bench,cabinet,shelf,counter",
  table: "dining table",
  electronics: "tv,laptop,mouse,remote,keyboard,cell phone",
  appliance: "microwave,oven,toaster,refrigerator,sink,toilet,hair drier",
  plant: "potted plant,tree,flower,grass",
  container: "vase,bag,cardboard",
  toy: "teddy bear",
  cloth: "blanket,curtain,towel,rug,pillow,banner",
  building: "house,roof,tent,bridge",
  water: "river,sea",
  ground: "sand,snow,dirt,gravel,pavement,road,grass,floor,railroad,playing field,platform,rug",
};

const ABOVE = new Map<string, string>();
for (const [kind, words] of Object.entries(EVERYDAY)) {
  for (const word of words.split(",")) if (!ABOVE.has(word)) ABOVE.set(word, kind);
}

/** Names of an everyday thing, most specific first: "orange" gives ["orange", "fruit", "food"]. */
export function everydayNames(word: string): string[] {
  const names = [word];
  for (let above = ABOVE.get(word); above && !names.includes(above); above = ABOVE.get(above)) names.push(above);
  return names;
}

/** What objects stand on or in front of, in the words of segmentation sets. */
const SURFACES = new Set(
  "sky,grass,sand,snow,sea,river,water,road,pavement,ground,dirt,gravel,floor,wall,ceiling,mountain,platform,playing field,railroad".split(
    ",",
  ),
);

/** What a thing of these names is, broadly; what has no name is a surface. */
export function kindOf(names: readonly string[]): ThingKind {
  if (names.includes("person")) return "person";
  return names.length === 0 || names.some((name) => SURFACES.has(name)) ? "surface" : "object";
}

const MATERIALS: Readonly<Record<string, string>> = {
  fur: "dog,cat,wild cat,bear,teddy bear,wolf,fox,rabbit,hamster,guinea pig,fox squirrel,marmot,beaver,monkey,sheep,koala,wombat,wallaby,bison,ox,lesser panda,giant panda,camel,llama,otter,mink,weasel,skunk,badger,fur coat",
  feathers: "bird",
  metal:
    "dumbbell,cannon,frying pan,wok,brass,chain,syringe,parking meter,cash machine,refrigerator,suspension bridge,steel arch bridge",
  wood: "picket fence,wooden spoon,barrel,barn,rocking chair,bannister,desk,chest,pole,abacus,birdhouse",
  cloth: "clothing,curtain,blanket,towel,pillow,couch,umbrella",
  glass: "beaker,beer bottle,wine glass,hourglass,vase",
  stone: "obelisk,triumphal arch,viaduct,cliff,cliff dwelling,dam,rock",
  water: "sea,river,fountain,lakeside,seashore",
};
const MADE_OF = new Map(
  Object.entries(MATERIALS).flatMap(([material, words]) => words.split(",").map((word) => [word, material] as const)),
);

/** What a thing of these names is made of, when that can be told from them. */
export function materialOf(names: readonly string[]): string | undefined {
  for (const name of names) if (MADE_OF.has(name)) return MADE_OF.get(name);
  return undefined;
}
