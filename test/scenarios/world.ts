/** The connections of one scenario while it is played: sends what the steps say and compares what comes. */
import { pause, until } from "../harness/until.ts";
import { Wire, type WireItem } from "../harness/wire.ts";
import { argumentCount, encodePacket } from "../harness/wire-bytes.ts";
import { Differs, Line, REPLY_MS } from "./line.ts";
import { Names, sortedList } from "./names.ts";
import { ANY_TEXT, isSameThing, readThing, showThing, splitWords, type Thing } from "./words.ts";

/** An expected `nothing` is this long, ms. */
const SILENCE_MS = 150;
/** Time for the server to notice that a connection was closed, ms. */
const CLOSE_MS = 100;
/** Time for the server to notice the end of the scenario's connections, ms. */
const END_MS = 50;
/** How long a server that ends may still accept connections, ms. */
const GONE_MS = 2_000;
/** How long `any` looks at one connection before it looks at the next, ms. */
const TURN_MS = 10;

/** Blanks as a text command's words are told apart. */
const BLANKS = /[\s\u0085]+/;

/** Plays steps against a server on 127.0.0.1. */
export class World {
  readonly #port: number;
  readonly #lines = new Map<string, Line>();
  readonly #names = new Names();
  #markCount = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** Plays one step; throws Differs when something else came than it expects. */
  async play(step: string): Promise<void> {
    if (step === "skip") return;
    if (step === "gone") return this.#gone();
    const [, waitMs] = /^wait (\d+)$/.exec(step) ?? [];
    if (waitMs !== undefined) {
      await this.#settle();
      return pause(Number(waitMs));
    }
    const [, tolerant, tolerated] = /^tolerate ([A-Z](?:,[A-Z])*) (\w+)$/.exec(step) ?? [];
    if (tolerant !== undefined && tolerated !== undefined) {
      for (const name of tolerant.split(",")) (await this.#line(name)).tolerated.add(tolerated);
      return;
    }
    const [, several, text] = /^any ([A-Z](?:,[A-Z])*)< (.*)$/.exec(step) ?? [];
    if (several !== undefined && text !== undefined) return this.#expectOnOne(several.split(","), text);
    const [, opened, verb] = /^([A-Z]) (open|close)$/.exec(step) ?? [];
    if (opened !== undefined) return this.#openOrClose(opened, verb === "close");
    const [, name, sign, rest] = /^([A-Z])([>+<]) (.*)$/.exec(step) ?? [];
    if (name === undefined || rest === undefined) throw new Error(`no such step: ${step}`);
    const line = await this.#line(name);
    await this.#settle(line);
    return sign === "<" ? this.#expect(line, rest) : this.#send(line, rest, sign === "+");
  }

  /** What the server has sent that no step asked for. */
  async rest(): Promise<readonly string[]> {
    for (const line of this.#lines.values()) {
      if (line.isDirty || !(line.isRaw || line.hasOpenText || line.ended)) await this.#barrier(line);
    }
    const left: string[] = [];
    for (const line of this.#lines.values()) {
      for (let item = await line.read(0); item !== undefined; item = await line.read(0))
        left.push(this.#shown(line, item));
    }
    return left;
  }

  /** Closes every connection and gives the server a moment to notice. */
  async close(): Promise<void> {
    for (const line of this.#lines.values()) line.close();
    await pause(END_MS);
  }

  async #line(name: string): Promise<Line> {
    const known = this.#lines.get(name);
    if (known !== undefined) return known;
    const line = await Line.open(name, { port: this.#port });
    this.#lines.set(name, line);
    return line;
  }

  async #barrier(line: Line): Promise<void> {
    this.#markCount += 1;
    await line.barrier(`barrier ${this.#markCount}`);
  }

  /** Lets the server deal with what was sent on every connection but one, so that it acts in the order of the file. */
  async #settle(but?: Line): Promise<void> {
    for (const line of this.#lines.values()) if (line.isDirty && line !== but) await this.#barrier(line);
  }

  async #openOrClose(name: string, isClose: boolean): Promise<void> {
    const line = await this.#line(name);
    await this.#settle(line);
    if (!isClose) return;
    line.close();
    this.#lines.delete(name);
    await pause(CLOSE_MS);
  }

  /** Canonical words → what goes over the wire. */
  #real(word: string): string {
    return word.replace(/\$\{H(\d+)\}/g, (_, digits: string) => {
      const handle = this.#names.handles[Number(digits) - 1];
      if (handle === undefined) throw new Differs(`a handle H${digits}`, `only ${this.#names.handles.length} so far`);
      return handle;
    });
  }

  async #send(line: Line, step: string, isHeld: boolean): Promise<void> {
    const [cut, pieceBytes] = /^cut (\d+) /.exec(step) ?? [""];
    const text = step.slice(cut.length);
    const kind = text.split(" ", 1)[0] ?? "";
    const words = splitWords(text.slice(kind.length)).map((word) => this.#real(word));
    for (const word of words) this.#names.sent.add(word);
    const bytes = Buffer.concat([line.held, this.#bytesOf(line, kind, words)]);
    line.held = isHeld ? bytes : Buffer.alloc(0);
    if (!isHeld) await line.send(bytes, Number(pieceBytes ?? 0));
  }

  #bytesOf(line: Line, kind: string, words: readonly string[]): Buffer {
    if (kind === "text") return this.#textBytes(line, words.join(" "));
    if (kind === "bytes") {
      line.isRaw = true;
      return Buffer.from(words.join(""), "latin1");
    }
    const count = argumentCount(kind);
    if (count === undefined || words.length < count) line.isRaw = true;
    line.isDirty = true;
    return encodePacket(kind, words);
  }

  #textBytes(line: Line, text: string): Buffer {
    const whole = text.endsWith("\n") ? text : `${text}\n`;
    const { sent } = this.#names;
    for (const command of whole.split("\n").slice(0, -1)) {
      const words = command.split(BLANKS).filter((word) => word !== "");
      for (const word of words) sent.add(word);
      // A real server may cut the last letter of a name that it creates.
      if (words[0] === "create" && words[1] === "function" && words[2] !== undefined) sent.add(words[2].slice(0, -1));
      line.expectText(words.join(" ").toLowerCase());
    }
    return Buffer.from(whole, "latin1");
  }

  async #expect(line: Line, text: string): Promise<void> {
    const want = readThing(text);
    if (want.name === "refused") return this.#expectRefused(line);
    const item = await line.read(want.name === "nothing" ? SILENCE_MS : REPLY_MS);
    const got = this.#names.canonical(item);
    if (!isSameThing(withSortedList(want), got)) {
      throw new Differs(`${line.name}< ${showThing(withSortedList(want))}`, `${line.name}< ${showThing(got)}`);
    }
  }

  async #expectRefused(line: Line): Promise<void> {
    let got = this.#names.canonical(await line.read(REPLY_MS));
    if (got.name === "ERROR") got = this.#names.canonical(await line.read(REPLY_MS));
    if (got.name !== "closed") throw new Differs(`${line.name}< refused`, `${line.name}< ${showThing(got)}`);
  }

  /** Exactly one of these connections gets this; the others stay silent. */
  async #expectOnOne(names: readonly string[], text: string): Promise<void> {
    const lines: Line[] = [];
    for (const name of names) lines.push(await this.#line(name));
    await this.#settle();
    const want = readThing(text);
    const got: { readonly line: Line; readonly item: WireItem }[] = [];
    const look = async (limitMs: number) => {
      for (const line of lines) {
        const item = await line.read(limitMs);
        if (item !== undefined) got.push({ line, item });
      }
    };
    const endAtMs = performance.now() + REPLY_MS;
    while (got.length === 0 && performance.now() < endAtMs) await look(TURN_MS);
    await pause(SILENCE_MS);
    await look(0);
    const [only] = got;
    if (got.length === 1 && only !== undefined && isSameThing(want, this.#names.canonical(only.item))) return;
    const told = got.map(({ line, item }) => this.#shown(line, item)).join("; ");
    throw new Differs(`one ${text} on one of ${names.join(",")}`, told === "" ? "nothing" : told);
  }

  #shown(line: Line, item: WireItem): string {
    return `${line.name}< ${showThing(this.#names.canonical(item))}`;
  }

  /** The server accepts no connection any more. */
  async #gone(): Promise<void> {
    const isGone = async () => {
      const wire = await Wire.connect({ port: this.#port }).catch(() => undefined);
      wire?.socket.destroy();
      return wire === undefined;
    };
    await until(isGone, { what: "gone", limitMs: GONE_MS }).catch(() => {
      throw new Differs("the server is gone", "it accepts connections");
    });
  }
}

/** A list that is expected is compared line by line, whatever its order in the file. */
function withSortedList(want: Thing): Thing {
  const [list] = want.words;
  if (want.name !== "text" || want.words.length !== 1 || !list?.endsWith("\n.\n") || list.includes(ANY_TEXT))
    return want;
  return { name: "text", words: [sortedList(list.split("\n").slice(0, -2))] };
}
