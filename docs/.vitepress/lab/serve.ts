import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start } from '@rpc-steps/cli/processes'
import { steps } from '../course.ts'
import { follow } from './follow.ts'
import { onLeaving } from './leave.ts'
import type { Standing } from './messages.ts'
import { glance, plainEnvironment, quoted, root } from './run.ts'

/** Milliseconds that it has to end when it is asked to. */
const grace = 1000

/**
 * Has the server of step 12 stand for pages of one origin, and tells where it listens and what its workers
 * do. When the promise is settled, it has gone.
 *
 * @param signal ends it
 * @param home the folder with `steps` in it
 * @throws what the signal was aborted with; Error when the server fails
 */
export async function serve(origin: string, tell: (message: Standing) => void, signal: AbortSignal, home = root): Promise<void> {
  signal.throwIfAborted()
  const path = `steps/${steps.find(({ number }) => number === '12')!.folder}/server.ts`
  const args = ['--port', '0', '--http', '0', '--websocket', '0', '--origin', origin]
  const folder = await mkdtemp(join(tmpdir(), 'rpc-steps-'))
  const trace = join(folder, 'server.json')
  const program = start(new URL(path, home), [...args, '--trace', trace], { cwd: root, env: plainEnvironment() })
  tell({ kind: 'started', program: 'server', pid: program.pid, command: `npx tsx ${path} ${args.map(quoted).join(' ')}` })

  const events = follow(trace)
  const look = () => {
    // A stream of many items writes as many lines; when it ends is enough here.
    const work = events.read().filter(({ cat }) => cat === 'work')
    if (work.length > 0) tell({ kind: 'events', events: work })
  }
  const looking = setInterval(look, glance)
  const takeBack = onLeaving(() => {
    program.process.kill('SIGKILL')
    try {
      rmSync(folder, { recursive: true, force: true })
    } catch {
      // Windows keeps a file for as long as somebody has it open.
    }
  })
  const stop = () => void program.stop('SIGTERM', grace)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop() // while the folder was made
  try {
    await program.printed(/^listening on /m)
    const at = (name: string) => new RegExp(`^${name} on (\\S+)$`, 'm').exec(program.stdout())?.[1] ?? ''
    tell({ kind: 'open', http: `http://${at('http')}`, websocket: `ws://${at('websocket')}` })
    const { code } = await program.exited
    signal.throwIfAborted()
    throw new Error(`it has ended with ${code}: ${program.stderr().trim()}`)
  } catch (error) {
    throw signal.aborted ? signal.reason : error
  } finally {
    signal.removeEventListener('abort', stop)
    clearInterval(looking)
    await program.stop('SIGTERM', grace)
    events.close()
    takeBack()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}
