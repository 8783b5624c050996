// Node 20 does not apply `--import tsx` to the file that a worker starts with, so this one is
// plain JavaScript and does it itself.
import { register } from 'tsx/esm/api'

register()
await import('./worker.ts')
