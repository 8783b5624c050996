import { readdirSync } from 'node:fs'

/** The two programs of a step. */
export interface Step {
  readonly name: string
  readonly server: URL
  readonly client: URL
}

const folder = new URL('../../../steps/', import.meta.url)

/** These talk to the kernel themselves, and do not know the one of Windows. */
const posix = ['01-blocking-sockets', '03-event-loop']
const runsHere = (name: string) => process.platform !== 'win32' || !posix.includes(name)

/** Every step that has a folder and runs here. */
export const steps: Step[] = readdirSync(folder)
  .filter((name) => /^\d\d-/.test(name) && runsHere(name))
  .sort()
  .map((name) => ({
    name,
    server: new URL(`${name}/server.ts`, folder),
    client: new URL(`${name}/client.ts`, folder),
  }))
