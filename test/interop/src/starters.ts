import { spawnSync } from 'node:child_process'

/** A language in which a reader can begin, with what is written in `starters/`. */
export interface Language {
  readonly name: string
  /** How its server and its client are started; `{port}` and `{calls}` are filled in by the tester. */
  readonly server: string
  readonly client: string
  /** Whether it is here. */
  readonly found: boolean
  /** Why its tests are skipped. */
  readonly missing: string
}

interface Needs {
  version: string
  /** Runs only with this version or a later one. */
  probe: readonly [command: string, ...args: string[]]
  install: string
}

function language(name: string, run: string, file: string, { version, probe: [command, ...args], install }: Needs): Language {
  const program = (which: string) => `${run} starters/${name}/${file.replaceAll('*', which)} {port}`
  return {
    name,
    server: program('server'),
    client: `${program('client')} {calls}`,
    found: spawnSync(command, args, { timeout: 20_000 }).status === 0,
    missing: `no ${version} or later was found: apt install ${install}`,
  }
}

export const languages: readonly Language[] = [
  language('python', 'python3', '*.py', { version: 'Python 3.8', probe: ['python3', '-c', '(all := 1)'], install: 'python3' }),
  language('ruby', 'ruby', '*.rb', { version: 'Ruby 2.7', probe: ['ruby', '-e', '[].tally'], install: 'ruby' }),
  language('go', 'go run', '*/*.go', { version: 'Go 1.19', probe: ['go', 'version'], install: 'golang-go' }),
]
