/** Where the order of servers begins for a job, without servers: which one a unique chooses, and what moves when they change. */
import { expect, test } from "bun:test";
import { Dispatch } from "../../src/client/dispatch.ts";
import type { ServerOrder } from "../../src/index.ts";
import { serverAddresses } from "../../src/link/server-address.ts";

const NO_BYTES = new Uint8Array(0);
const THREE = ["jobs-1:4730", "jobs-2:4730", "jobs-3:4730"];
const UNIQUES = Array.from({ length: 10_000 }, (_, index) => `photo-${index}`);

function dispatchOver(servers: readonly string[], order: ServerOrder = "unique"): Dispatch {
  return new Dispatch({
    addresses: serverAddresses(servers),
    order,
    serverWaitMs: 0,
    connectMs: 1,
    replyMs: 1_000,
    openMax: 1,
    onEvent: undefined,
  });
}

/** The names of the servers in the order in which they are tried. */
function orderOf(dispatch: Dispatch, head: string, data: Uint8Array = NO_BYTES): readonly string[] {
  const turn = dispatch.turnFor(head, data);
  return [...dispatch.sessions.slice(turn), ...dispatch.sessions.slice(0, turn)].map(({ name }) => name);
}

function ordersOf(servers: readonly string[]): readonly (readonly string[])[] {
  const dispatch = dispatchOver(servers);
  return UNIQUES.map((unique) => orderOf(dispatch, `f\0${unique}\0`));
}

function placesOf(servers: readonly string[]): readonly string[] {
  return ordersOf(servers).map(([first = ""]) => first);
}

test("unique: the same server for the same unique, and the same one when that is lost, however they are listed", () => {
  const orders = ordersOf(THREE);
  for (const order of [
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]) {
    expect(ordersOf(order.map((index) => THREE[index] ?? ""))).toEqual(orders);
  }
  const dispatch = dispatchOver(THREE);
  const keys = ["f\0-\0", "g\0-\0"];
  for (const key of keys) {
    const data = Buffer.from("a workload that is its own unique");
    expect(orderOf(dispatchOver(THREE.toReversed()), key, data)).toEqual(orderOf(dispatch, key, data));
  }
});

test("unique: each server has its share", () => {
  const places = placesOf(THREE);
  for (const server of THREE) {
    const count = places.filter((place) => place === server).length;
    expect(count).toBeGreaterThan(0.28 * UNIQUES.length);
    expect(count).toBeLessThan(0.39 * UNIQUES.length);
  }
});

for (const added of ["jobs-4:4730", "jobs-0:4730", "elsewhere:4731", "unix:/run/gearwright.sock"]) {
  test(`unique: with ${added} as a fourth server about a quarter of the uniques moves, and all of them to it`, () => {
    const before = placesOf(THREE);
    const after = placesOf([...THREE, added]);
    const moved = after.filter((place, index) => place !== before[index]);
    expect(moved.length).toBeGreaterThan(0.15 * UNIQUES.length);
    expect(moved.length).toBeLessThan(0.35 * UNIQUES.length);
    expect(new Set(moved)).toEqual(new Set([added]));
  });
}

test("rotate: each turn is the next server's; unique: so it is for echo and for jobs without a unique", () => {
  for (const [order, head] of [
    ["rotate", "f\0u\0"],
    ["rotate", ""],
    ["unique", "f\0\0"],
    ["unique", ""],
    ["unique", `f\0\0${4_000_000_000}\0`],
  ] as const) {
    const dispatch = dispatchOver(THREE, order);
    const turns = Array.from({ length: 6 }, () => dispatch.turnFor(head, Buffer.from("echo")));
    const [first = Number.NaN] = turns;
    expect(turns).toEqual(turns.map((_, index) => (first + index) % 3));
  }
});
