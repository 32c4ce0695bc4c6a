/** An owner of a line that keeps what it is told. */
import type { GearError } from "../../src/base/errors.ts";
import { Line, type LineOptions, type LineOwner } from "../../src/link/line.ts";
import { serverAddresses } from "../../src/link/server-address.ts";
import type { PacketReader } from "../../src/protocol/packet-reader.ts";
import { PACKET_NAMES } from "../../src/protocol/packets.ts";
import { until } from "../harness/until.ts";

/** A line and all that it has told. */
export class RecordingOwner implements LineOwner {
  readonly line: Line;
  openedCount = 0;
  writableCount = 0;
  /** Names of packets, with their last argument. */
  readonly packets: string[] = [];
  readonly losses: { readonly error: GearError; readonly wasOpen: boolean }[] = [];
  /** What `tick` answers. */
  isExpecting = false;
  onWritable: () => void = () => {};

  constructor(server: string, options: Partial<Omit<LineOptions, "address" | "owner">> = {}) {
    const [address] = serverAddresses([server]);
    if (address === undefined) throw new Error(`${server} is no server`);
    this.line = new Line({ connectMs: 10_000, tickMs: 5, ...options, address, owner: this });
  }

  opened(): void {
    this.openedCount += 1;
  }

  packet(_line: Line, reader: PacketReader): void {
    this.packets.push(`${PACKET_NAMES[reader.type]} ${reader.argCount === 0 ? "" : reader.text(reader.argCount - 1)}`);
  }

  lost(_line: Line, error: GearError, wasOpen: boolean): void {
    this.losses.push({ error, wasOpen });
  }

  writable(): void {
    this.writableCount += 1;
    this.onWritable();
  }

  tick(): boolean {
    return this.isExpecting;
  }

  /** Connects and waits until it is open. */
  async open(): Promise<Line> {
    this.line.connect();
    await until(() => this.line.isOpen, { what: "the line is open" });
    return this.line;
  }

  /** The one loss, once it is told. */
  async loss(): Promise<{ readonly error: GearError; readonly wasOpen: boolean }> {
    const loss = await until(() => this.losses[0], { what: "the line is lost" });
    if (this.losses.length > 1) throw new Error("the loss was told more than once");
    return loss;
  }
}
