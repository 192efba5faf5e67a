/**
 * The explorer as files, for any web server: the built page, and the API's answers where the page finds them.
 *
 * The contract with the page. `index.html` is the built `explorer.html` with `<meta name="milan-site" content="site.json">` in its head; a page
 * without that line is served by `milan serve`. With it, nothing is ever asked of a server but these files (types in `api/site.ts`):
 *
 * | file | holds | in place of |
 * |---|---|---|
 * | `site.json` | `Site` | |
 * | `api/runs.json` | `Run[]`; in `cannot` why something needs a server | `api/runs` |
 * | `api/runs/RUN/units.json` | `SiteUnits`: all units; the page searches, filters and sorts them itself | `api/runs/RUN/units?...` |
 * | `api/runs/RUN/units/LAYER/UNIT.json` | `SiteUnit` | `.../units/LAYER/UNIT` and `.../neighbours` |
 * | `api/runs/RUN/units/LAYER/UNIT.strip.webp` | the first `Site.strip` exemplars under their masks | `.../strip` |
 * | `api/runs/RUN/units/LAYER/UNIT.masks.png` | masks of all exemplars at the run's level | `.../masks` |
 * | `api/runs/RUN/images/IMAGE.webp` | a picture | `.../images/IMAGE` |
 * | `api/runs/RUN/clusters.json`, `api/runs/RUN/dashboard.json` | as the API | the same without `.json` |
 * | `api/runs/RUN/figures/ID.svg` or `.png` | by its type in the dashboard | `.../figures/ID` |
 * | `api/compare/A/B.json` | `Comparison`, for each pair of two different runs | `api/compare?a=A&b=B` |
 *
 * Nothing else is there: no other levels, no heat maps, no effects, no search by meaning, no writing. RUN, A and B are ids of runs, as in
 * `api/runs.json`, encoded as in addresses.
 */
export {};
