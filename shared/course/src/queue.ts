import type { Cases } from './info.ts'

/** What a server fails whose answers come whole. */
export const withoutStreams = {
  'waiting: a long answer begins before all of it is there':
    'an answer stands whole in memory before its first byte leaves; streams come in step 08',
} as const satisfies Cases

const untold = 'nobody hears that a caller has given up; cancelling comes in step 07'
const endless = 'nobody looks at how long an answer is of use; deadlines come in step 07'

/** What a server fails to which nobody can say that an answer is not wanted any more, and from when on. */
export const withoutCancel = {
  'waiting: a call that is given up is served no more': untold,
  'deadlines: a cancel that comes before its request': untold,
  'deadlines: a cancel that comes twice': untold,
  'deadlines: a cancel in a batch: the answers still come together': untold,
  'deadlines: what is over when it comes is not run': endless,
  'deadlines: what runs is ended when its time is over': endless,
  'deadlines: one deadline ends one request': endless,
  ...withoutStreams,
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
