import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('echo.c', import.meta.url))

/** A C compiler, if there is one. */
export function compiler(): string | undefined {
  return ['cc', 'gcc', 'clang'].find((name) => spawnSync(name, ['--version']).status === 0)
}

/** Compiles `echo.c` and starts it. It ends when its stdin does, so it never outlives us. */
export function startEcho(...args: string[]): ChildProcessByStdio<Writable, Readable, null> {
  const folder = mkdtempSync(join(tmpdir(), 'echo-'))
  try {
    const program = join(folder, 'echo')
    const { status, stderr } = spawnSync(compiler() ?? 'cc', ['-O2', '-o', program, source], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`${source} does not compile: ${stderr}`)
    return spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  } finally {
    // A program that runs needs its file no more.
    rmSync(folder, { recursive: true })
  }
}
