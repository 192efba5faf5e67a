/**
 * What there is in the made world: things by name, what they are a kind of, what they are made of, which drawings show them and how
 * freely those may be turned and dyed. `scripts/gather-art.js` gathers exactly the drawings that are named here.
 */
import type { TextureName } from "../labels/labels.js";

/** A kind of thing that is drawn from gathered art. */
export interface Noun {
  /** Most specific first: "dog", "animal". */
  readonly names: readonly string[];
  /** Names of drawings; each exists in several styles. */
  readonly icons: readonly string[];
  readonly material?: string;
  readonly shape?: string;
  /** A texture its surface always has, laid over the drawing. */
  readonly cover?: TextureName;
  /** It may be turned by so many degrees either way. */
  readonly turn: number;
  /** Whether it comes in all colours. */
  readonly dyed: boolean;
  /** Whether it has wheels that can be looked for. */
  readonly wheels: boolean;
}

type Traits = Partial<Pick<Noun, "material" | "shape" | "cover" | "turn" | "dyed" | "wheels">>;

/** Things of one kind: their drawings, separated by spaces, and in what they differ from their kind. */
const kind = (
  kinds: readonly string[],
  common: Traits,
  things: Readonly<Record<string, string | readonly [icons: string, traits: Traits]>>,
): Record<string, Noun> =>
  Object.fromEntries(
    Object.entries(things).map(([name, entry]) => {
      const [icons, traits] = typeof entry === "string" ? [entry, {}] : entry;
      const names = [name, ...kinds.filter((other) => other !== name)];
      return [name, { names, icons: icons.split(" "), turn: 10, dyed: false, wheels: false, ...common, ...traits }];
    }),
  );

export const NOUNS: Readonly<Record<string, Noun>> = {
  ...kind(
    ["animal"],
    { cover: "fur" },
    {
      dog: "dog dog-face poodle service-dog",
      cat: "cat cat-face black-cat",
      horse: "horse horse-face",
      cow: "cow cow-face ox",
      elephant: ["elephant", { cover: "smooth" }],
      bear: "bear panda polar-bear koala",
      pig: ["pig pig-face", { cover: "smooth" }],
      sheep: "ewe",
      goat: "goat",
      rabbit: "rabbit rabbit-face",
      mouse: "mouse mouse-face",
      monkey: "monkey monkey-face",
      lion: "lion",
      tiger: "tiger tiger-face",
      zebra: ["zebra", { cover: "smooth" }],
      giraffe: ["giraffe", { cover: "smooth" }],
      deer: "deer",
      fox: "fox",
      camel: "camel two-hump-camel",
      hedgehog: "hedgehog",
    },
  ),
  ...kind(
    ["bird", "animal"],
    {},
    {
      bird: "bird eagle dove",
      parrot: "parrot",
      owl: "owl",
      duck: "duck swan",
      chicken: "rooster chicken",
      penguin: "penguin",
    },
  ),
  ...kind(["fish", "animal"], {}, { fish: ["fish tropical-fish", { dyed: true }], shark: "shark" }),
  ...kind(
    ["insect", "animal"],
    { turn: 60 },
    {
      butterfly: ["butterfly", { dyed: true, turn: 40 }],
      bee: "honeybee",
      ladybird: "lady-beetle",
    },
  ),
  ...kind(
    ["animal"],
    {},
    {
      snake: "snake",
      turtle: "turtle",
      lizard: "lizard",
      frog: "frog",
      crocodile: "crocodile",
      dolphin: "dolphin",
      whale: "spouting-whale whale",
      octopus: ["octopus", { dyed: true }],
      crab: "crab",
      snail: "snail",
    },
  ),
  ...kind(
    ["vehicle"],
    { material: "metal", turn: 8, dyed: true, wheels: true },
    {
      car: ["automobile sport-utility-vehicle taxi racing-car", { turn: 6 }],
      bus: ["bus trolleybus", { turn: 6 }],
      truck: "delivery-truck articulated-lorry",
      tractor: "tractor",
      ambulance: ["ambulance", { dyed: false }],
      bicycle: "bicycle",
      motorcycle: "motorcycle motor-scooter",
      train: "locomotive high-speed-train train tram",
      airplane: ["airplane small-airplane", { turn: 40, wheels: false }],
      helicopter: ["helicopter", { turn: 20, wheels: false }],
      boat: ["sailboat speedboat canoe motor-boat", { wheels: false, dyed: false }],
      ship: ["ship ferry", { wheels: false, dyed: false }],
      rocket: ["rocket", { turn: 60, wheels: false }],
    },
  ),
  ...kind(
    ["plant"],
    {},
    {
      tree: ["deciduous-tree evergreen-tree", { cover: "leaves" }],
      flower: ["tulip rose sunflower hibiscus blossom cherry-blossom", { dyed: true, turn: 30 }],
      cactus: "cactus",
      "potted plant": "potted-plant",
      leaf: ["maple-leaf fallen-leaf", { turn: 180 }],
      mushroom: ["mushroom", { turn: 15 }],
      clover: "four-leaf-clover herb",
    },
  ),
  ...kind(["tree", "plant"], {}, { "palm tree": "palm-tree", "fir tree": ["evergreen-tree", { cover: "leaves" }] }),
  ...kind(
    ["fruit", "food"],
    { turn: 50 },
    {
      apple: "red-apple green-apple",
      banana: ["banana", { turn: 180 }],
      orange: ["tangerine", { shape: "circle" }],
      lemon: ["lemon", { turn: 180 }],
      pear: "pear",
      peach: "peach",
      cherries: "cherries",
      strawberry: "strawberry",
      grapes: "grapes",
      watermelon: ["watermelon", { turn: 90 }],
      pineapple: "pineapple",
    },
  ),
  ...kind(
    ["vegetable", "food"],
    { turn: 60 },
    {
      tomato: "tomato",
      carrot: ["carrot", { turn: 180 }],
      corn: ["ear-of-corn", { turn: 60 }],
      broccoli: "broccoli",
      eggplant: "eggplant",
    },
  ),
  ...kind(
    ["food"],
    { turn: 20 },
    {
      cheese: "cheese-wedge",
      bread: ["bread croissant baguette-bread", { turn: 40 }],
      pizza: ["pizza", { turn: 90 }],
      hamburger: "hamburger",
      cake: ["birthday-cake shortcake", { dyed: true }],
      doughnut: ["doughnut", { shape: "ring", dyed: true }],
      cookie: ["cookie", { shape: "circle", turn: 180 }],
      "ice cream": ["soft-ice-cream ice-cream", { dyed: true }],
    },
  ),
  ...kind(
    ["kitchenware"],
    { turn: 12 },
    {
      cup: ["hot-beverage teacup-without-handle", { material: "ceramic", dyed: true }],
      glass: ["wine-glass tumbler-glass glass-of-milk beer-mug", { material: "glass" }],
      bottle: ["bottle-with-popping-cork", { material: "glass", dyed: true }],
      teapot: ["teapot", { material: "ceramic", dyed: true }],
      pot: ["pot-of-food", { material: "metal" }],
      pan: ["shallow-pan-of-food cooking", { material: "metal" }],
      bowl: ["bowl-with-spoon", { material: "ceramic", dyed: true }],
      knife: ["kitchen-knife", { material: "metal", turn: 180 }],
      fork: ["fork-and-knife", { material: "metal", turn: 30 }],
      spoon: ["spoon", { material: "metal", turn: 180 }],
    },
  ),
  ...kind(
    ["furniture"],
    { turn: 6, dyed: true },
    {
      chair: ["chair", { material: "wood" }],
      sofa: ["couch-and-lamp", { material: "cloth" }],
      bed: ["bed", { material: "cloth" }],
      mirror: ["mirror", { material: "glass", dyed: false }],
      cabinet: ["file-cabinet", { material: "metal" }],
    },
  ),
  ...kind(
    ["fixture"],
    { turn: 5, material: "ceramic" },
    {
      toilet: "toilet",
      bathtub: "bathtub",
      shower: ["shower", { material: "metal" }],
      door: ["door", { material: "wood", dyed: true, shape: "rectangle" }],
      picture: ["framed-picture", { material: "paper", shape: "rectangle" }],
    },
  ),
  ...kind(
    ["toiletry"],
    { turn: 15, dyed: true },
    {
      soap: "soap",
      toothbrush: ["toothbrush", { turn: 180 }],
      "toilet paper": ["roll-of-paper", { material: "paper", dyed: false }],
      lotion: "lotion-bottle",
      sponge: "sponge",
    },
  ),
  ...kind(
    ["musical instrument"],
    { turn: 40, dyed: true },
    {
      guitar: ["guitar", { material: "wood" }],
      violin: ["violin", { material: "wood" }],
      trumpet: ["trumpet", { material: "metal" }],
      saxophone: ["saxophone", { material: "metal" }],
      drum: ["drum", { turn: 15 }],
      piano: ["musical-keyboard", { turn: 10, dyed: false }],
    },
  ),
  ...kind(
    ["building"],
    { turn: 4, dyed: true },
    {
      house: "house house-with-garden derelict-house",
      castle: ["castle", { material: "stone" }],
      church: ["church", { material: "stone" }],
      factory: "factory",
      shop: "convenience-store department-store",
      "office building": "office-building",
      school: "school",
      tent: ["tent", { material: "cloth" }],
    },
  ),
  ...kind(
    ["clothing"],
    { turn: 25, dyed: true, material: "cloth" },
    {
      shirt: "t-shirt",
      trousers: "jeans",
      dress: "dress",
      coat: "coat",
      hat: ["top-hat womans-hat billed-cap", { turn: 20 }],
      shoe: ["running-shoe high-heeled-shoe mans-shoe hiking-boot", { material: "leather" }],
      sock: "socks",
      glove: "gloves",
    },
  ),
  ...kind(
    ["container"],
    { turn: 15, dyed: true },
    {
      bag: ["handbag shopping-bags backpack", { material: "cloth" }],
      briefcase: ["briefcase", { material: "leather" }],
      box: ["package", { material: "paper", shape: "square" }],
      basket: ["basket", { cover: "woven", material: "straw" }],
      bucket: ["bucket", { material: "metal" }],
      bin: ["wastebasket", { material: "metal" }],
      gift: ["wrapped-gift", { material: "paper", shape: "square" }],
    },
  ),
  ...kind(
    ["ball", "toy"],
    { turn: 180, shape: "circle" },
    {
      ball: ["soccer-ball basketball baseball tennis volleyball", {}],
    },
  ),
  ...kind(
    ["toy"],
    { turn: 20, dyed: true },
    {
      "teddy bear": ["teddy-bear", { cover: "fur", material: "cloth" }],
      balloon: ["balloon", { shape: "circle" }],
      kite: ["kite", { turn: 50 }],
      sled: ["sled", { material: "wood" }],
      slide: ["playground-slide", { turn: 5 }],
      carousel: ["carousel-horse", { turn: 10 }],
      skateboard: "skateboard",
      skis: ["skis", { turn: 40 }],
    },
  ),
  ...kind(
    ["tool"],
    { turn: 180, material: "metal" },
    {
      hammer: "hammer",
      wrench: "wrench",
      axe: "axe",
      scissors: ["scissors", { dyed: true }],
      key: "key",
      broom: ["broom", { material: "wood", turn: 40 }],
      ladder: ["ladder", { material: "wood", turn: 15, dyed: true }],
      pencil: ["pencil", { material: "wood", dyed: true }],
      ruler: ["straight-ruler", { material: "wood", dyed: true }],
    },
  ),
  ...kind(
    ["electronic device"],
    { turn: 10 },
    {
      computer: "laptop desktop-computer",
      printer: "printer",
      telephone: ["telephone mobile-phone", { dyed: true }],
      television: "television",
      camera: ["camera", { turn: 25 }],
      radio: ["radio", { dyed: true }],
      lamp: ["light-bulb", { material: "glass", turn: 30 }],
    },
  ),
  ...kind(
    ["household object"],
    { turn: 12 },
    {
      clock: ["alarm-clock mantelpiece-clock watch", { dyed: true }],
      umbrella: [
        "umbrella closed-umbrella umbrella-on-ground umbrella-with-rain-drops",
        { dyed: true, material: "cloth", turn: 20 },
      ],
      book: ["closed-book open-book notebook", { dyed: true, material: "paper", turn: 25 }],
      books: ["books", { dyed: true, material: "paper" }],
      newspaper: ["newspaper", { material: "paper" }],
      clipboard: ["clipboard", { material: "paper" }],
      globe: ["globe-showing-europe-africa", { shape: "circle" }],
      candle: "candle",
      glasses: ["glasses", { turn: 20 }],
      trophy: ["trophy", { material: "metal" }],
      "shopping cart": ["shopping-cart", { material: "metal", wheels: true }],
    },
  ),
  ...kind(
    ["street furniture"],
    { turn: 4, material: "metal" },
    {
      "traffic light": "vertical-traffic-light horizontal-traffic-light",
      "stop sign": ["stop-sign", { shape: "octagon" }],
      "petrol pump": "fuel-pump",
      "bus stop": "bus-stop",
    },
  ),
  ...kind(
    ["natural object"],
    { turn: 10 },
    {
      mountain: ["mountain snow-capped-mountain", { material: "rock" }],
      sun: ["sun", { turn: 90, shape: "circle" }],
      moon: ["full-moon crescent-moon", { turn: 30, shape: "circle" }],
      cloud: ["cloud", { turn: 5 }],
      rainbow: ["rainbow", { turn: 5 }],
      star: ["star", { turn: 40, shape: "star" }],
      shell: ["spiral-shell", { turn: 90 }],
      coral: ["coral", { dyed: true }],
      rock: ["rock", { material: "rock", turn: 20 }],
      log: ["wood", { material: "wood", turn: 20 }],
      snowman: ["snowman-without-snow snowman", { material: "snow" }],
      anchor: ["anchor", { material: "metal", turn: 20 }],
    },
  ),
};

/** A person that is drawn in several skin tones. */
export interface PersonNoun {
  readonly names: readonly string[];
  readonly icons: readonly string[];
  /** Whether the drawing is a head, or a whole figure that stands on the ground. */
  readonly whole: boolean;
  /** Their faces cannot be told from the rest of their skin, or are hidden. */
  readonly faceless?: boolean;
}

export const TONES = ["light", "medium-light", "medium", "medium-dark", "dark"] as const;

const person = (whole: boolean, names: string, icons: string): PersonNoun => ({
  names: [...names.split(" "), "person"].filter((name) => name !== ""),
  icons: icons.split(" "),
  whole,
});

export const PEOPLE: readonly PersonNoun[] = [
  person(false, "man", "man man-beard man-bald person-wearing-turban"),
  person(false, "woman", "woman woman-with-headscarf"),
  person(false, "boy child", "boy"),
  person(false, "girl child", "girl"),
  person(false, "baby child", "baby"),
  person(false, "man", "old-man"),
  person(false, "woman", "old-woman"),
  person(false, "", "construction-worker police-officer farmer cook"),
  person(true, "man", "man-standing man-walking"),
  person(true, "woman", "woman-standing woman-walking woman-dancing"),
  person(true, "", "person-running person-bouncing-ball"),
];

/** People who do something that belongs to a place. */
export const ACTORS: Readonly<Record<string, PersonNoun>> = {
  cyclist: person(true, "cyclist", "person-biking"),
  surfer: { ...person(true, "surfer", "person-surfing"), faceless: true },
  swimmer: { ...person(true, "swimmer", "person-swimming"), faceless: true },
  skier: { ...person(true, "skier", "snowboarder"), faceless: true },
  runner: person(true, "runner", "person-running"),
  farmer: person(false, "farmer", "farmer"),
  cook: person(false, "cook", "cook"),
  teacher: person(false, "teacher", "teacher"),
};
