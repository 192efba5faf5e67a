/**
 * Where model, images and results are, for coordinator and workers alike: a root under which every path of a task is found. What a worker may read, and where it
 * may write, ends there.
 */

/** The root, as one machine has it. */
export interface Store {
  /** As shown in messages. */
  readonly location: string;
  /** Path below the root of a place on this machine, to be told to others. Errors: it is not below the root. */
  pathOf(place: string, doing: string): Promise<string>;
  /** Path below the root of the folder of results of a run. @param out the run's folder on the coordinator's machine. */
  resultsOf(out: string): Promise<string>;
  /** A place on this machine where what lies at a path can be opened. Errors: it is not there. */
  open(path: string, doing: string): Promise<string>;
  /** The folder of a run's task and results. @param path below the root; need not be there. */
  results(path: string): Results;
}

/**
 * Results of parts. A folder that is gone means that nobody waits for them any more; writing never makes it again.
 */
export interface Results {
  readonly location: string;
  /** Makes the folder. @param task its first file. */
  begin(task: string): Promise<void>;
  /** The task; undefined when the folder, or it, is not there. */
  task(): Promise<string | undefined>;
  /** Names of the results that are there, whole. */
  names(): Promise<ReadonlySet<string>>;
  /** Puts a file of this machine there, whole or not at all. Returns whether the folder is still there. */
  put(file: string, name: string): Promise<boolean>;
  /** A folder of this machine with all results in it. @param folder where it may be, if it is not there already. */
  gather(folder: string): Promise<string>;
  /** Removes the folder and all that is in it. */
  remove(): Promise<void>;
}
