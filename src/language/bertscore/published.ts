/**
 * What is published with BERTScore (Zhang et al. 2020, and its reference implementation): which layer of which model agrees best
 * with people, and the scores of unrelated English sentences, to which rescaled scores are relative.
 */

/** Best layers by model, as named in `config.json` (`_name_or_path`) or by its sizes. */
const LAYERS: Readonly<Record<string, number>> = {
  "roberta-large": 17,
  "roberta-large-mnli": 19,
  "roberta-base": 10,
  "bert-base-uncased": 9,
  "bert-large-uncased": 18,
  "distilbert-base-uncased": 5,
  "distilroberta-base": 5,
};

/** Precision, recall and F1 of unrelated sentences by model and layer. */
const BASELINES: Readonly<Record<string, readonly [number, number, number]>> = {
  "roberta-large 17": [0.83150584, 0.8314941, 0.83122575],
  "roberta-large-mnli 19": [0.6901594, 0.69018, 0.6896288],
  "roberta-base 10": [0.8146725, 0.8146619, 0.814463],
  "bert-base-uncased 9": [0.35375935, 0.3537393, 0.35219112],
  "bert-large-uncased 18": [0.4278576, 0.42786714, 0.42646673],
  "distilbert-base-uncased 5": [0.6666034, 0.66660464, 0.66620487],
};

interface ModelConfig {
  readonly _name_or_path?: unknown;
  readonly model_type?: unknown;
  readonly num_hidden_layers?: unknown;
  readonly n_layers?: unknown;
  readonly hidden_size?: unknown;
  readonly dim?: unknown;
}

/** What a model is called: by its configuration or folder when that is a published name, by its sizes when it has no name of its own. */
export function modelName(config: ModelConfig, folder: string): string {
  const given = typeof config._name_or_path === "string" ? config._name_or_path.split("/").at(-1)! : "";
  const published = [given, folder].find((name) => Object.hasOwn(LAYERS, name));
  if (published !== undefined) return published;
  if (given !== "") return given; // trained further, it is another model, whose baseline nobody published
  const layers = config.num_hidden_layers ?? config.n_layers;
  const size = config.hidden_size ?? config.dim;
  if (config.model_type === "roberta" && layers === 24 && size === 1024) return "roberta-large";
  if (config.model_type === "roberta" && layers === 12 && size === 768) return "roberta-base";
  return folder;
}

/** The published layer of a model. */
export const publishedLayer = (name: string): number | undefined =>
  Object.hasOwn(LAYERS, name) ? LAYERS[name] : undefined;

/** The published baseline of a model's layer. */
export const publishedBaseline = (name: string, layer: number): readonly [number, number, number] | undefined =>
  BASELINES[`${name} ${layer}`];
