import { readdirSync } from 'node:fs'
import type { Page } from './terms.ts'

const folder = new URL('../../traces/', import.meta.url)

/** What makes the recordings that are no timelines. */
export const commands: Readonly<Record<string, string>> = {
  '01-cost-of-a-thread.txt': 'npx tsx steps/01-blocking-sockets/cost-of-a-thread.ts',
  '01-strace-client.txt': 'npx tsx steps/01-blocking-sockets/strace.ts --folder docs/traces',
  '01-strace-server.txt': 'npx tsx steps/01-blocking-sockets/strace.ts --folder docs/traces',
  '02-bench.txt':
    'npm run bench -- --only bare,vscode-jsonrpc,02-callbacks --workload in-flight --pin',
  '02-crash.txt': 'npx tsx steps/02-callbacks/crash.ts',
  '02-two-writes.txt': 'npx tsx steps/02-callbacks/two-writes.ts',
  '03-bench.txt': 'npm run bench -- --only 02-callbacks,03-event-loop --workload connections --pin',
  '03-redis.txt': 'npx tsx docs/wild/redis.ts',
  '03-ten-thousand.txt': 'npx tsx steps/03-event-loop/ten-thousand.ts',
  '03-wakeups.txt': 'npx tsx steps/03-event-loop/cost-of-a-wakeup.ts',
  '04-python-echo.txt': 'python3 docs/wild/echo.py',
  '05-first-error.txt': 'npx tsx steps/05-gather/first-error.ts',
  '05-python-gather.txt': 'python3 docs/wild/gather.py',
  '05-swamp.txt': 'npx tsx steps/05-gather/swamp.ts',
  '05-total-against-n.txt': 'npx tsx steps/05-gather/total-against-n.ts',
  'bench.txt': 'npm run bench -- --pin',
}

/** A file that a run has written, the command that runs it again, and the pages that show it. */
export interface Recording {
  file: string
  command: string
  shownIn: Page[]
}

/**
 * Every file of `docs/traces`, and the points of the model. Files are relative to `docs`.
 *
 * @throws Error when nobody knows what made a file
 */
export function recordings(pages: readonly Page[]): Recording[] {
  // Without what the system puts there, such as the .DS_Store of macOS.
  const files = readdirSync(folder).filter((file) => !file.startsWith('.')).sort()
  for (const file of Object.keys(commands)) {
    if (!files.includes(file)) throw new Error(`docs/traces has no ${file}`)
  }
  const timelinesAndOutputs = files.map((file) => {
    const trace = file.endsWith('.json') ? file.replace('.json', '') : undefined
    const command = trace ? `npm run trace:record -- ${trace}` : commands[file]
    if (command === undefined) throw new Error(`no command makes docs/traces/${file}`)
    const shows = ({ path, text }: Page) =>
      // The home page draws the five fetches of every step; the lab plays any, without a server.
      (path === 'index.md' && file.endsWith('-five-fetches.json')) ||
      (path === 'lab.md' && trace !== undefined) ||
      (trace
        ? [`trace="${trace}"`, `beside="${trace}"`].some((words) => text.includes(words))
        : text.includes(`/traces/${file}{`))
    return { file: `traces/${file}`, command, shownIn: pages.filter(shows) }
  })
  const model = pages.filter(({ path }) => path === 'model.md')
  const points = { file: 'model/points.json', command: 'npm run model:record', shownIn: model }
  return [...timelinesAndOutputs, points]
}
