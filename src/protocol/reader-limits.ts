/** How much a reader takes from a peer. */

/** Limits of a reader, bytes. */
export interface ReaderLimits {
  /** Largest body of a packet; a longer one is a fault as soon as its header is there. */
  readonly bodyBytesMax: number;
  /** Arguments of a packet with their NULs, without opaque data. */
  readonly argBytesMax: number;
  /** A text line with its end. */
  readonly textBytesMax: number;
  /** A longer body that is not all there waits for `accept`. */
  readonly largeBodyBytes: number;
}
