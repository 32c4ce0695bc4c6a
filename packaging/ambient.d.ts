/** What the types of the package take for granted, for projects whose `lib` and `types` do not have it. */
/// <reference lib="esnext.disposable" />

/** Of lib.dom or @types/node, where a project has one of them: interfaces of one name are one. */
// biome-ignore lint/suspicious/noEmptyInterface: only its name is wanted
interface AbortSignal {}
