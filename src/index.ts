/** What a program may import from `gearwright`. */
export { GearError, type GearErrorCode } from "./base/errors.ts";
