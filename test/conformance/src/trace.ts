/** How the languages that we know of begin a line of a stack trace. */
const lines = [
  /Traceback \(most recent call last\)/, /File "[^"]+", line \d+/, /^\s*at \S.*[(:/\\].*:\d+/m,
  /[^\s/]+\.rb:\d+:in \S+/, /goroutine \d+ \[/, /[^\s/]+\.go:\d+/, / at \S+ line \d+\.?$/m, /stack backtrace:/, /\.php\(\d+\)/,
]

/** The first part of a stack trace in a text; undefined when there is none. */
export function traceIn(text: string): string | undefined {
  const found = lines.map((line) => line.exec(text)?.[0]).find((part) => part !== undefined)
  return found?.trim().slice(0, 60)
}
