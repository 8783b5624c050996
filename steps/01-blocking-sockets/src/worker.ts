import { parentPort, workerData } from 'node:worker_threads'
import { recordTo } from '@rpc-steps/trace'
import { answer } from './handler.ts'
import { serve } from './server.ts'
import type { ThreadData } from './threads.ts'

const { fd, number, trace, ...options } = workerData as ThreadData
if (trace !== undefined) recordTo(trace, `thread ${number}`, true)
parentPort!.postMessage('started')
serve({ fd }, answer, options)
