import type { Cases } from './info.ts'

/** What a server with one thread fails that takes on each call at once. */
export const withoutQueue = {
  'waiting: a second client is answered while the first one computes':
    'there is one thread, and it computes; a queue with workers comes in step 06',
  'waiting: a flood is refused before it is swallowed':
    'nothing says no: every call is taken on; a bounded queue comes in step 06',
} as const satisfies Cases
