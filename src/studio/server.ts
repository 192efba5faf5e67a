/** The studio: a study in the browser, for annotators and for whoever reviews what they say. */
import type { ExemplarStore } from "../exemplars/store.js";
import { type GuardOptions, guarded } from "../serving/guarded.js";
import { type Listening, listen } from "../serving/listen.js";
import { pages } from "../serving/pages.js";
import { annotatingRoutes } from "./api/annotating.js";
import { reviewingRoutes } from "./api/reviewing.js";
import { AgreementWatch } from "./live-agreement.js";
import { Pictures } from "./pictures.js";
import type { Study } from "./study.js";

/** A sentence is short; a review of a thousand answers is a few kilobytes. */
const LARGEST_BODY_BYTES = 32_768;

export interface StudioOptions extends Pick<GuardOptions, "host" | "names" | "onFault"> {
  /** What annotators and reviewers have to show; null: nothing, and everybody may do everything, which only the loopback allows. */
  readonly tokens: { readonly annotator: string; readonly reviewer: string } | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The application: the API below `/api`, the page at `/`. */
export function studioApp(study: Study, store: ExemplarStore, { tokens, now, ...guards }: StudioOptions) {
  const app = guarded({
    ...guards,
    token: tokens && [tokens.annotator, tokens.reviewer],
    bodyLimit: () => LARGEST_BODY_BYTES,
  });
  const studio = {
    ...{ study, now, width: store.width, height: store.height },
    pictures: new Pictures(study, store),
    agreement: new AgreementWatch(study),
    reviewerToken: tokens?.reviewer ?? null,
  };
  annotatingRoutes(app, studio);
  reviewingRoutes(app, studio);
  pages(app, "studio");
  return app;
}

/** Serves a study. Close it when done, then the study and the exemplars. */
export async function serveStudio(
  study: Study,
  store: ExemplarStore,
  { port, ...options }: StudioOptions & { readonly port: number },
): Promise<Listening> {
  const listening = await listen(studioApp(study, store, options), { host: options.host, port });
  study.database.restate(`serving the study at ${listening.url}`);
  return listening;
}
