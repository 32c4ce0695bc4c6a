/** Blocks of memory for outgoing packets, used again and again. */

/** Size of a block, bytes. */
export const BLOCK_BYTES = 16 * 1024;

/** Blocks kept for later; beyond it they are left to the collector. */
const KEPT_BLOCKS_MAX = 256;

const kept: Buffer[] = [];

/** A block whose bytes mean nothing. */
export function takeBlock(): Buffer {
  return kept.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
}

/** Gives a block back; the caller has forgotten it. Blocks of another size are dropped. */
export function giveBlock(block: Buffer): void {
  if (block.length === BLOCK_BYTES && kept.length < KEPT_BLOCKS_MAX) kept.push(block);
}
