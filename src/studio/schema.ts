/**
 * The tables of a study's file. Times are milliseconds since 1970. A change of a table is a new entry of `STEPS`, never an edit of one: files
 * of earlier versions are brought up step by step.
 */
export const STEPS: readonly string[] = [
  `
  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE units (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    layer TEXT NOT NULL,
    published TEXT NOT NULL,
    unit INTEGER NOT NULL,
    row INTEGER NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('study', 'qualification')),
    place INTEGER NOT NULL,
    UNIQUE (layer, unit)
  ) STRICT;
  CREATE INDEX units_order ON units (purpose, place);
  CREATE TABLE annotators (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    secret TEXT UNIQUE,
    nickname TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('studio', 'mturk')),
    joined INTEGER NOT NULL,
    qualified INTEGER,
    barred INTEGER
  ) STRICT;
  CREATE TABLE attempts (
    id INTEGER PRIMARY KEY,
    annotator INTEGER NOT NULL REFERENCES annotators,
    at INTEGER NOT NULL,
    answers TEXT NOT NULL,
    correct INTEGER NOT NULL,
    passed INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE assignments (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    unit INTEGER NOT NULL REFERENCES units,
    annotator INTEGER NOT NULL REFERENCES annotators,
    begun INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'skipped', 'expired')),
    UNIQUE (annotator, unit)
  ) STRICT;
  CREATE INDEX assignments_open ON assignments (unit) WHERE state = 'open';
  CREATE TABLE annotations (
    id INTEGER PRIMARY KEY,
    unit INTEGER NOT NULL REFERENCES units,
    annotator INTEGER NOT NULL REFERENCES annotators,
    text TEXT NOT NULL,
    elapsed INTEGER NOT NULL,
    active INTEGER,
    submitted INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'rejected')),
    reason TEXT NOT NULL,
    reviewed INTEGER,
    external TEXT UNIQUE,
    UNIQUE (annotator, unit)
  ) STRICT;
  CREATE INDEX annotations_unit ON annotations (unit) WHERE status <> 'rejected';
  `,
];
