/** Calls listeners of our users so that one that throws does no harm to what we are in the middle of. */

/** Tells `listener` of `event`; what it throws is thrown again behind our own work, as an uncaught exception of the process. */
export function tell<Event>(listener: ((event: Event) => void) | undefined, event: Event): void {
  try {
    listener?.(event);
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
