import { startEcho } from './compiled.ts'

startEcho('serve').stdout.pipe(process.stdout)
