/**
 * Connections that have been accepted and nothing more: while thousands connect at once, every microsecond spent on one that is
 * there already is missing for those behind it, and the kernel drops who finds its queue full for a second or two.
 */

/** How many are set up before the event loop may accept again. */
const AT_ONCE = 100;

/** Sets connections up a little later, in the order in which they came. */
export class Arrivals {
  #waiting: (() => void)[] = [];
  #isScheduled = false;

  /** `setUp` is called in a later turn of the event loop; it must bear having been overtaken by an event or by the end. */
  add(setUp: () => void): void {
    this.#waiting.push(setUp);
    this.#schedule();
  }

  /** Sets up everyone at once. */
  flush(): void {
    for (const setUp of this.#waiting.splice(0)) setUp();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      for (const setUp of this.#waiting.splice(0, AT_ONCE)) setUp();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}
