/** A promise that is resolved by hand, by which plays hold jobs as long as they want. */

/** Shut until it is opened. */
export class Gate {
  /** Resolves when the gate is opened. */
  readonly opened: Promise<void>;
  /** Opens the gate; once is enough. */
  readonly open: () => void;

  constructor() {
    let open = () => {};
    this.opened = new Promise((resolve) => {
      open = resolve;
    });
    this.open = open;
  }
}
