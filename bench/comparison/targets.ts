/** What is promised of our client library beside the others, and whether a run keeps it. */
import type { Board } from "../board.ts";
import { LIBRARY_COLUMNS } from "./library-columns.ts";

/** A promise: our figure divided by the peer's is at least this. */
interface Target {
  readonly title: string;
  readonly ours: string;
  /** The peer's measure. */
  readonly theirs: string;
  readonly ratioMin: number;
  /** Names of columns; who keeps it against the fastest keeps it against each. */
  readonly peers: readonly string[];
}

const NPM = LIBRARY_COLUMNS.filter(({ isNpmPeer }) => isNpmPeer === true).map(({ name }) => name);
const EACH_NPM = { ratioMin: 3, peers: NPM } as const;
const LIBGEARMAN = { ratioMin: 3, peers: ["libgearman"] } as const;

// biome-ignore format: a table
const TARGETS: readonly Target[] = [
  { title: "1 in flight, to the best npm library",                              ours: "echo1",  theirs: "echo1",  ratioMin: 1, peers: NPM },
  { title: "64 in flight, to each npm library",                                 ours: "echo64", theirs: "echo64", ...EACH_NPM },
  { title: "background submits, to each npm library",                           ours: "submit", theirs: "submit", ...EACH_NPM },
  { title: "worker with concurrency 16, to each npm library",                   ours: "work16", theirs: "work16", ...EACH_NPM },
  { title: "64 in flight, to libgearman one at a time",                         ours: "echo64", theirs: "echo1",  ...LIBGEARMAN },
  { title: "background submits, to libgearman one at a time",                   ours: "submit", theirs: "submit", ...LIBGEARMAN },
  { title: "worker with concurrency 16, to libgearman's worker, one at a time", ours: "work16", theirs: "work1",  ...LIBGEARMAN },
];

/** How our library on one runtime did on one promise. */
export interface LibraryVerdict {
  readonly title: string;
  readonly ratioMin: number;
  /** Against the peer that came nearest to us. */
  readonly ratio: number;
  /** That peer's column. */
  readonly peer: string;
}

/** The verdicts of a column of ours; those that could not be measured are left out. */
export function libraryVerdicts(board: Board, oursName: string): readonly LibraryVerdict[] {
  return TARGETS.flatMap(({ title, ours, theirs, ratioMin, peers }) => {
    const own = board.median(ours, oursName);
    const others = peers.flatMap((peer) => {
      const value = board.median(theirs, peer);
      return value === undefined ? [] : [{ peer, value }];
    });
    const fastest = others.sort((left, right) => right.value - left.value)[0];
    if (own === undefined || fastest === undefined) return [];
    return [{ title, ratioMin, ratio: own / fastest.value, peer: fastest.peer }];
  });
}
