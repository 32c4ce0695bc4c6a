/** Faults planted in a copy of the job table, to show that the model test finds them. */
import type { Check } from "./mismatch.ts";

/** One fault: a change of text that must fit exactly once. */
export interface PlantedFault {
  /** What is wrong, in words. */
  readonly name: string;
  /** The check that finds it. */
  readonly caughtBy: Check;
  /** A file in src/job. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const COVERED: Check = "wake-ups: every job covered or every sleeper woken";
const NOT_COVERED: Check = "wake-ups: NOOP only for a job not covered";
const SLEEPER: Check = "wake-ups: NOOP only to a sleeper that has none";

/** Faults in who is woken. */
const WAKE_UP_FAULTS: readonly PlantedFault[] = [
  {
    name: "GRAB_JOB does not give the credit back",
    caughtBy: "wake-ups: credits",
    file: "wake-ups.ts",
    find: "return this.#takeCredit(connection);",
    replace: "return undefined;",
  },
  {
    name: "the credit of a closed connection stays with the function",
    caughtBy: COVERED,
    file: "wake-ups.ts",
    find: "    functionQueue.creditCount--;",
    replace: "    if (!connection.isClosed) functionQueue.creditCount--;",
  },
  {
    name: "one NOOP too many for every job",
    caughtBy: NOT_COVERED,
    file: "wake-ups.ts",
    find: "functionQueue.creditCount < wanted",
    replace: "functionQueue.creditCount <= wanted",
  },
  {
    name: "wakeupsPerJob is not heeded",
    caughtBy: COVERED,
    file: "wake-ups.ts",
    find: "functionQueue.assignableCount * this.#settings.wakeupsPerJob",
    replace: "functionQueue.assignableCount",
  },
  {
    name: "nobody else is woken when GRAB_JOB takes another function's job",
    caughtBy: COVERED,
    file: "job-table.ts",
    find: "if (credited !== undefined) this.#wakeUps.balance(credited, nowMs);\n    this.#isBusy = false;\n    return job;",
    replace: "this.#isBusy = false;\n    return job;",
  },
  {
    name: "nobody else is woken after CANT_DO of a woken worker",
    caughtBy: COVERED,
    file: "wake-ups.ts",
    find: "this.#takeCredit(ability.connection);\n    this.balance(ability.functionQueue, nowMs);",
    replace: "this.#takeCredit(ability.connection);",
  },
  {
    name: "CANT_DO keeps the credit",
    caughtBy: "wake-ups: credits",
    file: "wake-ups.ts",
    find: "if (ability.connection.creditedTo !== ability.functionQueue) return;",
    replace: "if (nowMs >= 0) return;",
  },
  {
    name: "nobody else is woken when a woken worker is lost",
    caughtBy: COVERED,
    file: "job-table.ts",
    find: "if (credited !== undefined) this.#wakeUps.balance(credited, nowMs);\n    this.#isBusy = false;\n  }",
    replace: "this.#isBusy = false;\n  }",
  },
  {
    name: "PRE_SLEEP of a woken worker keeps its credit",
    caughtBy: "counts",
    file: "wake-ups.ts",
    find: "const credited = this.#takeCredit(connection);",
    replace: "const credited = undefined;",
  },
  {
    name: "CAN_DO does not wake a sleeper although jobs wait",
    caughtBy: COVERED,
    file: "wake-ups.ts",
    find: "ability.functionQueue.addSleeper(ability, false);\n    this.balance(ability.functionQueue, nowMs);",
    replace: "ability.functionQueue.addSleeper(ability, false);",
  },
  {
    name: "a late worker is never overtaken",
    caughtBy: "wake-ups: credits",
    file: "wake-ups.ts",
    find: "this.nextOvertakeAtMs <= nowMs",
    replace: "this.nextOvertakeAtMs <= nowMs - 10_000",
  },
  {
    name: "a late worker is overtaken by nobody",
    caughtBy: COVERED,
    file: "wake-ups.ts",
    find: "if (late !== undefined) this.balance(late, nowMs);",
    replace: "",
  },
  {
    name: "a worker that was overtaken is woken a second time",
    caughtBy: SLEEPER,
    file: "wake-ups.ts",
    find: "      const late = this.#takeCredit(this.#firstWoken);",
    replace:
      "      const slow = this.#firstWoken;\n      slow.isWoken = false;\n" +
      "      for (const each of slow.abilities.values()) each.functionQueue.addSleeper(each, false);\n" +
      "      const late = this.#takeCredit(slow);",
  },
  {
    name: "a worker that grabs is still taken for a sleeper",
    caughtBy: SLEEPER,
    file: "wake-ups.ts",
    find: "if (!connection.isWoken) unlinkSleeper(connection);",
    replace: "",
  },
  {
    name: "a job that waits for its time counts as assignable",
    caughtBy: "status rows",
    file: "function-queue.ts",
    find: "this.#scheduledCounts[priority] += change;",
    replace: "this.#scheduledCounts[priority] += change;\n    this.assignableCount += change;",
  },
];

/** Faults in the order of jobs and in time. */
const ORDER_FAULTS: readonly PlantedFault[] = [
  {
    name: "a job taken back is queued at the head",
    caughtBy: "job fields",
    file: "job-list.ts",
    find: "  push(job: Job): void {",
    replace:
      "  push(job: Job): void {\n    if (job.retryCount > 0 && this.head !== undefined) {\n" +
      "      job.previous = undefined;\n      job.next = this.head;\n      this.head.previous = job;\n" +
      "      this.head = job;\n      this.length++;\n      return;\n    }",
  },
  {
    name: "the function just served does not go to the end of the turn",
    caughtBy: "turns",
    file: "job-table.ts",
    find: "if (this.#settings.isRoundRobin) connection.moveTurnLast(ability);",
    replace: "",
  },
  {
    name: "the scope of priority is the wrong one",
    caughtBy: "returned value",
    file: "job-table.ts",
    find: 'this.#settings.priorityScope === "worker"',
    replace: 'this.#settings.priorityScope !== "worker"',
  },
  {
    name: "the timer of an attempt outlives it",
    caughtBy: "counts",
    file: "job-table.ts",
    find: "job.functionQueue.runningCount--;\n    this.#due.remove(job);",
    replace: "job.functionQueue.runningCount--;",
  },
  {
    name: "a removal from the heap of due times leaves it out of order",
    caughtBy: "next due time",
    file: "due-heap.ts",
    find: "    this.#sink(last, last.dueIndex);",
    replace: "",
  },
  {
    name: "of jobs due together the newest comes first",
    caughtBy: "returned value",
    file: "due-heap.ts",
    find: "job.serial < other.serial",
    replace: "job.serial > other.serial",
  },
  {
    name: "CAN_DO after CAN_DO_TIMEOUT removes the timeout",
    caughtBy: "counts",
    file: "job-table.ts",
    find: "if (timeoutMs !== undefined) ability.timeoutMs = timeoutMs;",
    replace: "ability.timeoutMs = timeoutMs ?? 0;",
  },
  {
    name: "CANT_DO leaves the job in the worker's hands",
    caughtBy: "returned value",
    file: "job-table.ts",
    find: "if (job.functionQueue === functionQueue) this.#takeBack(job, nowMs);",
    replace: "void job;",
  },
];

/** Faults in what becomes of a job and who is told. */
const LIFE_FAULTS: readonly PlantedFault[] = [
  {
    name: "a job is assigned once more than allowed",
    caughtBy: "effects",
    file: "job-table.ts",
    find: "job.retryCount >= this.#settings.assignmentsMax",
    replace: "job.retryCount > this.#settings.assignmentsMax",
  },
  {
    name: "progress of a lost attempt is kept",
    caughtBy: "job fields",
    file: "job-table.ts",
    find: "    job.numerator = 0;",
    replace: "",
  },
  {
    name: "cancel leaves the unique taken",
    caughtBy: "counts",
    file: "job-table.ts",
    find: "    this.#uniques.remove(job);",
    replace: '    if (event !== "cancel") this.#uniques.remove(job);',
  },
  {
    name: "the same unique of another function is taken for the same job",
    caughtBy: "returned value",
    file: "unique-table.ts",
    find: "return entry.functionQueue === functionQueue ? entry : undefined;",
    replace: "return entry;",
  },
  {
    name: "a foreground client that leaves takes the background job with it",
    caughtBy: "jobs",
    file: "job.ts",
    find: "return this.isBackground || (this.watchers !== undefined && this.watchers.length > 0);",
    replace: "return this.watchers === undefined ? this.isBackground : this.watchers.length > 0;",
  },
  {
    name: "watchers hear of the end twice",
    caughtBy: "effects",
    file: "job-table.ts",
    find: 'if (isLastWord) this.#end(job, kind === "complete" ? "complete" : "fail");',
    replace: 'if (isLastWord) {\n      this.#forwardAll(job, kind, data);\n      this.#end(job, "fail");\n    }',
  },
  {
    name: "a stranger may end a job",
    caughtBy: "returned value",
    file: "job-table.ts",
    find: "if (job === undefined || job.worker !== connection) return this.#notHeld(connection, serial, isLastWord);",
    replace: "if (job === undefined) return this.#notHeld(connection, serial, isLastWord);",
  },
  {
    name: "what a worker says of a cancelled job is not swallowed",
    caughtBy: "returned value",
    file: "job-table.ts",
    find: "job.worker?.swallow(job.serial);",
    replace: "",
  },
  {
    name: "a cancelled job is swallowed even after its last word",
    caughtBy: "returned value",
    file: "connection.ts",
    find: "isLastWord ? this.#swallowed.delete(serial) : this.#swallowed.has(serial)",
    replace: "this.#swallowed.has(serial) || isLastWord",
  },
  {
    name: "maxqueue lets one job too many in",
    caughtBy: "returned value",
    file: "function-queue.ts",
    find: "this.totalCount >= this.queueMax[priority]",
    replace: "this.totalCount > this.queueMax[priority]",
  },
  {
    name: "the memory of jobs that are over is not given back",
    caughtBy: "returned value",
    file: "job-table.ts",
    find: "    this.#bytes -= job.workload.length + JOB_BYTES;",
    replace: "",
  },
  {
    name: "a function that is in use is forgotten",
    caughtBy: "returned value",
    file: "function-table.ts",
    find: "if (!functionQueue.isIdle) this.#idle.delete(functionQueue);\n    else if",
    replace: "if",
  },
];

/** Faults in what is written and what waits for it. */
const STORE_FAULTS: readonly PlantedFault[] = [
  {
    name: "who joins a job that waits for the store is never answered",
    caughtBy: "effects",
    file: "job-table.ts",
    find: "job.waiters?.push({ connection, ticket, isBackground });",
    replace: "",
  },
  {
    name: "a running job is called durable before the store has it",
    caughtBy: "returned value",
    file: "job-table.ts",
    find: "if (!submission.isDurable || job.isStored) {",
    replace: 'if (!submission.isDurable || job.isStored || job.state === "running") {',
  },
  {
    name: "a job that is over is not forgotten by the store",
    caughtBy: "effects",
    file: "job-table.ts",
    find: "if (job.isStored) this.#effects.forget(job);",
    replace: "",
  },
  {
    name: "a job that was over before the store had it is not forgotten by the store",
    caughtBy: "effects",
    file: "job-table.ts",
    find: 'if (job.state === "over") this.#effects.forget(job);',
    replace: "",
  },
  {
    name: "a job that nobody waits for stays when the store refuses it",
    caughtBy: "jobs",
    file: "job-table.ts",
    find: "} else this.#dropUnwanted(job);",
    replace: "}",
  },
  {
    name: "who waited to watch a cancelled job never hears of its end",
    caughtBy: "effects",
    file: "job-table.ts",
    find: 'this.#forwardAll(job, "fail", NO_BYTES);\n      this.#watchers.clear(job);',
    replace: "this.#watchers.clear(job);",
  },
];

/** All planted faults. */
export const PLANTED_FAULTS: readonly PlantedFault[] = [
  ...WAKE_UP_FAULTS,
  ...ORDER_FAULTS,
  ...LIFE_FAULTS,
  ...STORE_FAULTS,
];
