/** Opens the log that the settings ask for. */
import { GearError } from "../base/errors.ts";
import { fileSink, type LogSink, noneSink, stderrSink } from "../base/log-sink.ts";
import { failureSentence } from "./failure.ts";

/** `stderr`, `none` or a file. Throws GearError INVALID_SETTING if the file cannot be opened. */
export function openSink(logFile: string): LogSink {
  if (logFile === "stderr") return stderrSink();
  if (logFile === "none") return noneSink;
  try {
    return fileSink(logFile);
  } catch (error) {
    throw new GearError("INVALID_SETTING", `the log file ${logFile} cannot be opened: ${failureSentence(error)}`, {
      cause: error,
    });
  }
}
