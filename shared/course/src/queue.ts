import type { Cases } from './info.ts'

/** What a server fails to which nobody can say that an answer is not wanted any more. */
export const withoutCancel = {
  'waiting: a call that is given up is served no more':
    'nobody hears that a caller has given up; cancelling comes in step 07',
} as const satisfies Cases

/** What a server with one thread fails that takes on each call at once. */
export const withoutQueue = {
  'waiting: a second client is answered while the first one computes':
    'there is one thread, and it computes; a queue with workers comes in step 06',
  'waiting: a flood is refused before it is swallowed':
    'nothing says no: every call is taken on; a bounded queue comes in step 06',
  'waiting: whoever is refused is told when to come back':
    'nobody is refused: every call is taken on; a bounded queue comes in step 06',
  ...withoutCancel,
} as const satisfies Cases
