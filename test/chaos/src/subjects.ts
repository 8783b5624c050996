import { readdirSync } from 'node:fs'

/** A server under test: a step, with options of its own if it has other ways to wait. */
export interface Subject {
  readonly name: string
  readonly server: URL
  readonly client: URL
  readonly args: readonly string[]
}

const steps = new URL('../../../steps/', import.meta.url)

/** These talk to the kernel themselves, and do not know the one of Windows. */
const posix = ['01-blocking-sockets', '03-event-loop']
const runsHere = (name: string) => process.platform !== 'win32' || !posix.includes(name)

/** Every step that has a folder and runs here, as it starts without options. */
export const plain: Subject[] = readdirSync(steps)
  .filter((name) => /^\d\d-/.test(name) && runsHere(name))
  .sort()
  .map((name) => ({
    name,
    server: new URL(`${name}/server.ts`, steps),
    client: new URL(`${name}/client.ts`, steps),
    args: [],
  }))

const ways: Record<string, string[]> = {
  '01-blocking-sockets': ['--threads 4'],
  '03-event-loop': ['--selector poll'],
}

/** The same, and in every other way of starting them. */
export const all: Subject[] = plain.flatMap((step) => {
  const others = ways[step.name] ?? []
  const start = (way: string) => ({ ...step, name: `${step.name} ${way}`, args: way.split(' ') })
  return [step, ...others.map(start)]
})

/** One thread, which serves one connection from its beginning to its end. */
export function servesOneAtATime({ name }: Subject): boolean {
  return name === '01-blocking-sockets'
}

/** A thread for each connection, and only so many. */
export function hasThreads({ name }: Subject): boolean {
  return name.includes('--threads')
}
