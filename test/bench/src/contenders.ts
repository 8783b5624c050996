import { existsSync, readdirSync } from 'node:fs'
import type { Contending } from '@rpc-steps/course'
import { home, runsHere, steps } from '@rpc-steps/course/steps'
import type { Step } from '@rpc-steps/course/steps'

/** A server and a client that do the same work as all others. */
export interface Contender extends Contending {
  name: string
  server: URL
  serverArgs: readonly string[]
  client: URL
}

const library = (name: string): Contender => ({
  name,
  server: new URL(`../contenders/${name}/server.ts`, import.meta.url),
  serverArgs: [],
  client: new URL(`../contenders/${name}/client.ts`, import.meta.url),
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

/** All others are compared with this one. */
export const bare = library('bare')

/** Those that run on this system; bare first, the steps in their order last. */
export const contenders: readonly Contender[] = [
  bare,
  library('vscode-jsonrpc'),
  library('grpc-js'),
  ...steps.filter(runsHere).flatMap(ofStep),
]
