/** Packets about a job made into an HTTP reply: exact bytes, and the same ones wherever the packets are cut. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { PacketName } from "../../src/protocol/packets.ts";
import { HttpReply, type ReplyForm, refusalBytes } from "../../src/server/gearmand-http-reply.ts";
import { encodePacket } from "../harness/wire-bytes.ts";
import { parseReply } from "./http-peer.ts";

const FORM: ReplyForm = { isHttp11: true, isBackground: false, isStatusReal: false, version: "2.0" };
const HANDLE = "H:host:7";

type Packet = readonly [PacketName, ...string[]];

function play(form: ReplyForm, packets: readonly Packet[], cuts: readonly number[] = []) {
  const bytes = Buffer.concat(packets.map(([name, ...args]) => encodePacket(name, args, "RES")));
  const reply = new HttpReply(form);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  let [text, at] = ["", 0];
  for (const end of ends) {
    text += reply.read(bytes.subarray(at, end)).toString("latin1");
    at = end;
  }
  return { text, isOver: reply.isOver, isCut: reply.isCut };
}

const SERVER = "Server: Gearman/2.0\r\nConnection: close\r\n\r\n";

describe("a reply", () => {
  test("has gearmand's headers in gearmand's order, and the version of the request", () => {
    const head = `X-Gearman-Job-Handle: ${HANDLE}\r\nX-Gearman-Command: WORK_COMPLETE\r\nContent-Length: 2\r\n`;
    const packets: Packet[] = [
      ["JOB_CREATED", HANDLE],
      ["WORK_COMPLETE", HANDLE, "a\0"],
    ];
    expect(play(FORM, packets)).toEqual({ text: `HTTP/1.1 200 OK\r\n${head}${SERVER}a\0`, isOver: true, isCut: false });
    const text = `HTTP/1.0 200 OK\r\n${head}Server: Gearman/2.0\r\n\r\na\0`;
    expect(play({ ...FORM, isHttp11: false }, packets)).toEqual({ text, isOver: true, isCut: false });
  });

  test("to a background job comes with JOB_CREATED, to another with its result", () => {
    const created: Packet = ["JOB_CREATED", HANDLE];
    expect(play(FORM, [created])).toEqual({ text: "", isOver: false, isCut: false });
    const head = `X-Gearman-Job-Handle: ${HANDLE}\r\nX-Gearman-Command: JOB_CREATED\r\nContent-Length: 0\r\n`;
    const text = `HTTP/1.1 200 OK\r\n${head}${SERVER}`;
    expect(play({ ...FORM, isBackground: true }, [created])).toEqual({ text, isOver: true, isCut: false });
  });

  test("passes over status, warnings and empty pieces", () => {
    const packets: Packet[] = [
      ["JOB_CREATED", HANDLE],
      ["WORK_STATUS", HANDLE, "1", "2"],
      ["WORK_WARNING", HANDLE, "careful"],
      ["WORK_WARNING", HANDLE, ""],
      ["NOOP"],
      ["WORK_DATA", HANDLE, ""],
      ["WORK_DATA", HANDLE, "x"],
      ["WORK_STATUS", HANDLE, "2", "2"],
      ["WORK_COMPLETE", HANDLE, ""],
    ];
    const reply = parseReply(play(FORM, packets).text);
    expect(reply.body).toBe("x");
    expect(reply.chunks).toEqual([1]);
    expect(reply.trailers?.get("x-gearman-command")).toBe("WORK_COMPLETE");
  });

  test("to a job that fails is 200, or 500 where the status is real", () => {
    for (const last of [
      ["WORK_FAIL", HANDLE],
      ["WORK_EXCEPTION", HANDLE, "boom"],
    ] satisfies Packet[]) {
      const body = last[2] ?? "";
      const [compatible, real] = [false, true].map((isStatusReal) =>
        parseReply(play({ ...FORM, isStatusReal }, [last]).text),
      );
      expect(compatible?.statusLine).toBe("HTTP/1.1 200 OK");
      expect(real?.statusLine).toBe("HTTP/1.1 500 Internal Server Error");
      for (const reply of [compatible, real]) {
        expect(reply?.headers.get("x-gearman-command")).toBe(last[0]);
        expect(reply?.headers.get("content-length")).toBe(String(body.length));
        expect(reply?.body).toBe(body);
      }
    }
  });

  test("that fails in the middle of its body ends with the fact in its trailer, or is cut where the status is real", () => {
    const packets: Packet[] = [
      ["WORK_DATA", HANDLE, "half"],
      ["WORK_FAIL", HANDLE],
    ];
    const compatible = play(FORM, packets);
    expect(compatible.isCut).toBe(false);
    expect(parseReply(compatible.text).trailers?.get("x-gearman-command")).toBe("WORK_FAIL");
    for (const isHttp11 of [true, false]) {
      for (const last of [packets[1], ["WORK_EXCEPTION", HANDLE, "boom"]] as Packet[]) {
        const real = play({ ...FORM, isHttp11, isStatusReal: true }, [packets[0] as Packet, last]);
        expect(real).toMatchObject({ isOver: true, isCut: true });
        expect(parseReply(real.text)).toMatchObject({ body: "half", trailers: undefined });
      }
    }
  });

  test("to a submit that is refused says why", () => {
    const full = parseReply(play(FORM, [["ERROR", "QUEUE_ERROR", "Job queue is full"]]).text);
    expect(full.statusLine).toBe("HTTP/1.1 503 Service Unavailable");
    expect(full.headers.get("x-gearman-command")).toBe("ERROR");
    expect(full.body).toBe("QUEUE_ERROR: Job queue is full\n");
    expect(parseReply(play(FORM, [["ERROR", "OTHER", "x"]]).text).status).toBe(500);
  });

  test("without a job has a length and closes", () => {
    const text = "HTTP/1.0 404 NOT_FOUND\r\nContent-Length: 0\r\nServer: Gearman/2.0\r\n\r\n";
    expect(refusalBytes({ status: 404, text: "" }, { ...FORM, isHttp11: false }).toString()).toBe(text);
    const refused = parseReply(refusalBytes({ status: 405, text: "No" }, FORM).toString());
    expect(refused.headers.get("allow")).toBe("GET, POST, PUT");
    expect(refused.headers.get("content-length")).toBe("3");
    expect(refused.body).toBe("No\n");
  });

  test("is the same wherever the packets are cut, and nothing comes behind its end", () => {
    const data = fc.string({ unit: "binary-ascii", maxLength: 40 });
    const middle = fc.oneof(
      fc.tuple(fc.constantFrom<PacketName>("WORK_DATA", "WORK_WARNING"), fc.constant(HANDLE), data),
      fc.constant<Packet>(["WORK_STATUS", HANDLE, "1", "2"]),
      fc.constant<Packet>(["JOB_CREATED", HANDLE]),
    );
    const last = fc.oneof(
      fc.tuple(fc.constantFrom<PacketName>("WORK_COMPLETE", "WORK_EXCEPTION"), fc.constant(HANDLE), data),
      fc.constant<Packet>(["WORK_FAIL", HANDLE]),
    );
    const form = fc.record({ isHttp11: fc.boolean(), isStatusReal: fc.boolean() });
    fc.assert(
      fc.property(fc.array(middle), last, form, fc.array(fc.nat(), { maxLength: 30 }), (packets, end, given, cuts) => {
        const replyForm = { ...FORM, ...given };
        const all = [...packets, end] as Packet[];
        const whole = play(replyForm, all);
        expect(play(replyForm, [...all, ...all], cuts)).toEqual(whole);
        expect(whole.isOver).toBe(true);
        const wanted = all.filter(
          ([name]) => name === "WORK_DATA" || name === "WORK_COMPLETE" || name === "WORK_EXCEPTION",
        );
        const isCutException = whole.isCut && end[0] === "WORK_EXCEPTION";
        const shown = isCutException ? wanted.slice(0, -1) : wanted;
        expect(parseReply(whole.text).body).toBe(shown.map(([, , piece]) => piece ?? "").join(""));
      }),
      { numRuns: 300 },
    );
  });
});
