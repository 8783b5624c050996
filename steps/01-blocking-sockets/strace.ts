import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { main, readOptions, textOption } from '@rpc-steps/cli'

const usage = `strace.ts [options]

Shows what a server and a client of this step ask of the kernel. Linux only; needs strace.`

// -f: all threads, -T: the seconds that each call took, -s 22: of the data only the header.
const strace = ['-f', '-T', '-s', '22', '-e', 'trace=network']

const command = (program: string, log: string, ...args: string[]) => {
  const file = fileURLToPath(new URL(program, import.meta.url))
  const node = [process.execPath, '--import', import.meta.resolve('tsx'), file]
  return [...strace, '-o', log, ...node, ...args]
}

/** Leaves out what Node does for itself, and what is different each time. */
function tidy(log: string, port: number): string {
  const lines = log
    .split('\n')
    .map((line) => line.replace(/^\d+ +/, '').replace(/ +=/, ' ='))
    .filter((line) => /^\w+\(/.test(line) && !line.includes('AF_UNIX'))
    .map((line) => line.replace(`htons(${port})`, 'htons(8080)').replace('htons(0)', 'htons(8080)'))
  // Before that, Node looks at the standard streams.
  lines.splice(0, lines.findIndex((line) => line.startsWith('socket(AF_INET')))
  return lines.join('\n') + '\n'
}

await main(async () => {
  const { folder: kept } = readOptions(usage, {
    folder: textOption('FOLDER', 'write 01-strace-server.txt and 01-strace-client.txt there', undefined),
  })
  if (spawnSync('strace', ['--version']).status !== 0) throw new Error('this needs strace')
  const folder = await mkdtemp(join(tmpdir(), 'strace-'))
  const [serverLog, clientLog] = [join(folder, 'server'), join(folder, 'client')]
  try {
    const server = spawn('strace', command('server.ts', serverLog, '--port', '0'))
    const exited = once(server, 'exit')
    const [announced] = (await once(server.stdout, 'data')) as [Buffer]
    const port = Number(/:(\d+)\n$/.exec(announced.toString())?.[1])
    const calls = ['sleep', '{"ms":300}', 'say', '{"text":"Hello"}']
    spawnSync('strace', command('client.ts', clientLog, '--port', String(port), ...calls))
    // Not strace itself, which would leave the server running: its first line has the server's id.
    process.kill(Number.parseInt(await readFile(serverLog, 'utf8')))
    await exited
    for (const [name, log] of [['server', serverLog], ['client', clientLog]] as const) {
      const text = tidy(await readFile(log, 'utf8'), port)
      if (kept === undefined) console.log(`the ${name}\n\n${text}`)
      else await writeFile(join(kept, `01-strace-${name}.txt`), text)
    }
  } finally {
    await rm(folder, { recursive: true })
  }
})
