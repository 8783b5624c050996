// Runs a server, and after a while samples what it does: profiled.ts FILE FROM FOR SERVER [arguments]
import { renameSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

const [file = '', from, length, server = ''] = process.argv.splice(2, 4)
process.argv[1] = server
// Not awaited: a server has done its work when it ends.
const running = import(pathToFileURL(server).href)

const session = new Session()
session.connect()
await setTimeout(Number(from)) // until then the compilers work
await session.post('Profiler.enable')
await session.post('Profiler.setSamplingInterval', { interval: 200 })
await session.post('Profiler.start')
await setTimeout(Number(length))
const { profile } = await session.post('Profiler.stop')
// Whoever waits for the file finds it whole.
writeFileSync(`${file}.part`, JSON.stringify(profile))
renameSync(`${file}.part`, file)
await running
