/** The reply line against a plain model: which replies stand, which pass, and how many bytes wait. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { OutBuffer } from "../../src/server/out-buffer.ts";
import { ReplyLine } from "../../src/server/reply-line.ts";
import { TakingWire } from "../server-unit/taking-wire.ts";

const RUNS = 300;
const SERIALS = 4;

/** A request as the model sees it: its reply, as far as it has come, and what is said of its job behind it. */
interface Row {
  readonly ticket: number | undefined;
  /** What has come of its reply and has not left. */
  readonly own: string[];
  isAnswered: boolean;
  /** A part of its reply has left. */
  isStreaming: boolean;
  serial: number | undefined;
  readonly about: string[];
}

function rowOf(ticket: number | undefined, reply?: string, serial?: number): Row {
  const own = reply === undefined ? [] : [reply];
  return { ticket, own, isAnswered: reply !== undefined, isStreaming: false, serial, about: [] };
}

/** All requests in order; a row leaves when all before it have. */
class PlainLine {
  readonly rows: Row[] = [];
  readonly gone: string[] = [];
  /** Which text must stand behind which. */
  readonly after: [string, string][] = [];

  /** A packet about a job goes behind the latest JOB_CREATED of it that stands here, else past all but half a reply. */
  say(serial: number, text: string): void {
    const first = this.rows[0];
    const row = this.rows.findLast((other) => other.serial === serial && other.isAnswered);
    if (row !== undefined) this.after.push([row.own.at(-1) ?? "", text]);
    if (row !== undefined) row.about.push(text);
    else if (first?.isStreaming === true) first.about.push(text);
    else this.gone.push(text);
  }

  release(): void {
    for (let row = this.rows[0]; row !== undefined; row = this.rows[0]) {
      row.isStreaming ||= row.own.length > 0;
      this.gone.push(...row.own.splice(0));
      if (!row.isAnswered) return;
      this.gone.push(...row.about);
      this.rows.shift();
    }
  }

  get bytes(): number {
    const texts = this.rows.flatMap((row) => [...row.own, ...row.about]);
    return texts.reduce((sum, text) => sum + text.length, 0);
  }
}

/** The real thing, driven as a session drives it. */
class DrivenLine {
  readonly #out = new OutBuffer();
  readonly #wire = new TakingWire();
  #line: ReplyLine | undefined;

  reply(text: string, serial: number | undefined): void {
    this.#line?.tail.append(Buffer.from(text), false);
    if (this.#line === undefined) this.#out.append(Buffer.from(text), false);
    if (serial !== undefined) this.#line?.noteCreated(serial);
  }

  hold(ticket: number): void {
    this.#line ??= new ReplyLine();
    this.#line.hold(ticket);
  }

  answer(ticket: number, serial: number | undefined, text: string): void {
    this.#line?.answer(ticket, serial, (out) => out.append(Buffer.from(text), false));
    this.#line?.release(this.#out);
    if (this.#line?.slotCount === 0) this.#line = undefined;
  }

  extend(ticket: number, text: string): void {
    this.#line?.extend(ticket, (out) => out.append(Buffer.from(text), false));
    this.#line?.release(this.#out);
  }

  say(serial: number, text: string): void {
    const out = this.#line?.placeOf(serial) ?? this.#line?.passing ?? this.#out;
    out.append(Buffer.from(text), false);
  }

  get bytes(): number {
    return this.#line?.bytes ?? 0;
  }

  get gone(): string {
    this.#out.flush(this.#wire);
    return this.#wire.written.toString();
  }
}

const serial = fc.option(fc.nat(SERIALS - 1), { nil: undefined });
const step = fc.oneof(
  fc.record({ kind: fc.constant("reply" as const), serial }),
  fc.record({ kind: fc.constant("hold" as const) }),
  fc.record({ kind: fc.constant("answer" as const), serial, which: fc.nat(), bytes: fc.constantFrom(0, 300, 9000) }),
  fc.record({ kind: fc.constant("extend" as const), which: fc.nat() }),
  fc.record({ kind: fc.constant("say" as const), serial: fc.nat(SERIALS - 1) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Does one step on both. Each text stands for itself, so that the order can be read off. */
function play(one: Step, number: number, { plain, driven }: { plain: PlainLine; driven: DrivenLine }): void {
  if (one.kind === "reply") {
    const text = `reply ${number};`;
    plain.rows.push(rowOf(undefined, text, one.serial));
    driven.reply(text, one.serial);
  } else if (one.kind === "hold") {
    plain.rows.push(rowOf(number));
    driven.hold(number);
  } else if (one.kind === "say") {
    const text = `job ${one.serial} ${number};`;
    plain.say(one.serial, text);
    driven.say(one.serial, text);
  } else {
    const waiting = plain.rows.filter((row) => !row.isAnswered);
    const row = waiting[one.which % Math.max(1, waiting.length)];
    if (row?.ticket === undefined) return;
    if (one.kind === "extend") {
      row.own.push(`part ${number};`);
      driven.extend(row.ticket, `part ${number};`);
    } else {
      const text = `answer ${number}${" ".repeat(one.bytes)};`;
      row.own.push(text);
      row.isAnswered = true;
      row.serial = one.serial;
      driven.answer(row.ticket, one.serial, text);
    }
  }
  plain.release();
}

/** The texts about a job, in the order in which they stand in `gone`. */
function aboutJob(gone: string, serialText: string): string[] {
  return gone.split(";").filter((text) => text.startsWith(`job ${serialText} `));
}

describe("ReplyLine", () => {
  test("replies leave in the order of requests, and what is said of a job stays behind its JOB_CREATED", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
        const [plain, driven] = [new PlainLine(), new DrivenLine()];
        for (const [number, one] of steps.entries()) {
          play(one, number + 1, { plain, driven });
          expect(driven.bytes).toBe(plain.bytes);
          // A slot's packets about jobs stand behind all of its replies, which is later than the model has to be.
          expect(withoutAbout(driven.gone)).toBe(withoutAbout(plain.gone.join("")));
          if (plain.rows.length === 0) expect(sorted(driven.gone)).toEqual(sorted(plain.gone.join("")));
          for (let job = 0; job < SERIALS; job++) {
            const numbers = aboutJob(driven.gone, String(job)).map((text) => Number(text.split(" ")[2]));
            expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
          }
        }
        const { gone } = driven;
        for (const [reply, text] of plain.after) if (gone.includes(text)) expect(gone).toMatch(inOrder(reply, text));
      }),
      { numRuns: RUNS },
    );
  });

  test("what was said of a job while it stood is not overtaken by what is said once it is announced", () => {
    const line = new DrivenLine();
    line.hold(1);
    line.reply("created 7;", 7);
    line.hold(2);
    line.say(7, "data;");
    line.answer(1, undefined, "error;");
    line.say(7, "complete;");
    expect(line.gone).toBe("error;created 7;data;complete;");
  });

  test("a job that is announced twice on a connection stands until its last JOB_CREATED has left", () => {
    const line = new DrivenLine();
    line.hold(1);
    line.reply("created 7;", 7);
    line.hold(2);
    line.reply("created 7 again;", 7);
    line.answer(1, undefined, "error;");
    line.say(7, "complete;");
    expect(line.gone).toBe("error;created 7;");
    line.answer(2, undefined, "error;");
    expect(line.gone).toBe("error;created 7;error;created 7 again;complete;");
  });

  test("what passes the line keeps its order although a long reply was under way", () => {
    const line = new DrivenLine();
    line.hold(1);
    line.extend(1, "half a list,");
    line.hold(2);
    line.say(7, "data;");
    line.answer(1, undefined, "the rest;");
    line.say(7, "complete;");
    expect(line.gone).toBe("half a list,the rest;data;complete;");
  });

  test("a ticket that does not wait, or is answered already, is left alone", () => {
    const line = new DrivenLine();
    line.hold(1);
    line.hold(2);
    line.answer(2, undefined, "second;");
    line.answer(2, undefined, "second again;");
    line.answer(3, undefined, "nobody's;");
    line.answer(1, undefined, "first;");
    expect(line.gone).toBe("first;second;");
  });
});

function sorted(gone: string): string[] {
  return gone.split(";").sort();
}

function inOrder(first: string, second: string): RegExp {
  return new RegExp(`${first}.*${second}`);
}

function withoutAbout(gone: string): string {
  return gone.replace(/job \d+ \d+;/g, "");
}
