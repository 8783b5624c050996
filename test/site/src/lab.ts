import { execFileSync } from 'node:child_process'
import { start } from '@rpc-steps/cli/processes'
import { test as withSite } from './test.ts'

/** The site as `npm run docs:preview` serves it, with the lab. */
export interface Lab {
  /** Such as `http://127.0.0.1:40123`. */
  origin: string
  /** The process that serves it; the programs of a run are its children. */
  pid: number
}

/** A test with the lab: the very program that a reader starts, on a free port. */
export const test = withSite.extend('lab', { scope: 'file' }, async ({}, { onCleanup }) => {
  const program = start(new URL('../../../docs/.vitepress/programs/serve.ts', import.meta.url), ['--port', '0'])
  onCleanup(async () => {
    await program.stop()
  })
  const [, origin = ''] = await program.printed(/(http:\/\/127\.0\.0\.1:\d+)/)
  return { origin, pid: program.pid } satisfies Lab
})

/** How many programs of the steps a lab has running. */
export function programsOf({ pid }: Lab): number {
  const all = execFileSync('ps', ['-A', '-o', 'ppid=,args='], { encoding: 'utf8' })
  const ours = new RegExp(`^\\s*${pid}\\s.*/steps/\\d`)
  return all.split('\n').filter((line) => ours.test(line)).length
}
