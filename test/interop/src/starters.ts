import { spawnSync } from 'node:child_process'

/** A language in which a reader can begin: what is written in `starters/`. */
export interface Language {
  readonly name: string
  readonly server: string
  readonly client: string
  /** Whether it is here. */
  readonly found: boolean
  /** Why its tests are skipped. */
  readonly missing: string
}

function language(name: string, tool: readonly string[], run: string, ending: string, install: string): Language {
  const [command = '', ...args] = tool
  const found = spawnSync(command, args, { timeout: 20_000 }).status === 0
  const program = (which: string) => `${run} starters/${name}/${ending.replaceAll('*', which)}`
  return {
    name,
    server: `${program('server')} {port}`,
    client: `${program('client')} {port} {calls}`,
    found,
    missing: `no ${command} was found that does ${tool.slice(1).join(' ')}: apt install ${install}`,
  }
}

export const languages: readonly Language[] = [
  language('python', ['python3', '-c', 'b"".removeprefix(b"")'], 'python3', '*.py', 'python3'),
  language('ruby', ['ruby', '-e', '[].tally'], 'ruby', '*.rb', 'ruby'),
  language('go', ['go', 'version'], 'go run', '*/*.go', 'golang-go'),
]
