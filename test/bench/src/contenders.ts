import { existsSync, readdirSync } from 'node:fs'
import type { Contending } from '@rpc-steps/course'
import { home, runsHere, steps } from '@rpc-steps/course/steps'
import type { Step } from '@rpc-steps/course/steps'
import { others } from './others.ts'
import type { Other } from './others.ts'

/** A server and a client that do the same work as all others. */
export interface Contender extends Contending {
  name: string
  server: URL
  serverArgs: readonly string[]
  client: URL
  /** Has others for its server's work, and ends them when it is asked to end. */
  asked?: boolean
  /** Why it cannot run on this machine, if it cannot. */
  missing?(): Promise<string | undefined>
  /** For what is none of our steps: what it does that ours do not, and what ours do that it does not. */
  does?: string
  lacks?: string
}

const ofOthers = (other: Other): Contender => ({
  server: new URL(`../contenders/${other.name}/server.ts`, import.meta.url),
  serverArgs: [],
  client: new URL(`../contenders/${other.name}/client.ts`, import.meta.url),
  ...other,
})

/** A step that has a `bench.ts`, and what in its folder `bench` has a server and a client. */
function ofStep({ number, folder, bench = {} }: Step): Contender[] {
  const client = new URL(`${folder}/bench.ts`, home)
  if (!existsSync(client)) return []
  const { variants = {}, ...contending } = bench
  const place = new URL(`${folder}/bench/`, home)
  const others = existsSync(place) ? readdirSync(place).sort() : []
  return [
    {
      name: folder,
      server: new URL(`${folder}/server.ts`, home),
      serverArgs: ['--port', '0'],
      client,
      ...contending,
    },
    ...others.map((name) => ({
      name: `${number}-${name}`,
      server: new URL(`${name}/server.ts`, place),
      serverArgs: [],
      client: new URL(`${name}/client.ts`, place),
      ...variants[name],
    })),
  ]
}

const beside = others.map(ofOthers)

/** All others are compared with this one. */
export const bare = beside.find(({ name }) => name === 'bare')!

/** All there are, also those that a machine lacks something for; the steps in their order last. */
export const contenders: readonly Contender[] = [...beside, ...steps.filter(runsHere).flatMap(ofStep)]
