/** What became of a promise, for tests that compare it. */
import { GearError, type GearErrorCode } from "../../src/index.ts";

/** The GearError with which `promise` rejects; throws when it does not. */
export async function errorOf(promise: Promise<unknown>): Promise<GearError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof GearError) return error;
    throw error;
  }
  throw new Error("it did not reject");
}

/** The code with which `promise` rejects. */
export async function codeOf(promise: Promise<unknown>): Promise<GearErrorCode> {
  return (await errorOf(promise)).code;
}

/** UTF-8 text of a result. */
export async function textOf(result: Promise<Uint8Array>): Promise<string> {
  return new TextDecoder().decode(await result);
}
