import type { Cases } from './info.ts'

const unsaid = 'what it can do stands in its source, and nobody can ask for it; a contract comes in step 12'

/** What a server fails that has no contract. */
export const withoutContract = {
  'methods: rpc.discover says what there is': unsaid,
} as const satisfies Cases

const open = 'nobody asks who calls, and everybody may call everything; principals come in step 09'

/** What a server fails that serves whoever comes. */
export const withoutPolicy = {
  'security: who has not said who they are is refused': open,
  'security: who says it falsely is refused': open,
  ...withoutContract,
} as const satisfies Cases

const whole = 'an answer stands whole in memory before its first byte leaves; streams come in step 08'
const unserved = 'no method of it makes or reads items; streams come in step 08'
const unread = 'a request has all its parameters with it, and nothing may follow; streams come in step 08'

/** What a server fails whose answers come whole. */
export const withoutStreams = {
  'waiting: a long answer begins before all of it is there': whole,
  'streams: one item at a time': whole,
  'streams: credit for all of it, and the end needs none': whole,
  'streams: no items are a stream, too': whole,
  'streams: no more than was granted, in whatever parts': whole,
  'streams: a hundred thousand items, and credit for a million': whole,
  'streams: without credit the answer comes whole': unserved,
  'streams: without credit there are at most a thousand items': unserved,
  'streams: credit of nothing, or less, or in parts ends that stream': whole,
  'streams: a wrong grant ends the stream that it is for': whole,
  'streams: a grant that is no number ends the stream that it is for': whole,
  'streams: more than 1,048,576 at once are too much': whole,
  "streams: a stream's id is free again, and what was granted is gone": whole,
  'streams: a stream that is not read holds no call up': whole,
  'streams: a slow stream holds no call up, and keeps its order': whole,
  'streams: a cancel ends a stream, and nothing follows': whole,
  'streams: a deadline is for the whole stream': whole,
  'streams: in a batch the items come before the answers': whole,
  'streams: as lines of JSON': whole,
  'streams: what the caller streams is added up': unread,
  'streams: the end comes with the last items, or before any': unread,
  'streams: who streams nothing to a method that reads is told so': unserved,
  "streams: an item that is none of the method's ends the call": unread,
  'streams: what the caller streams may end with an error': unread,
  'streams: more than can have been granted upwards': unread,
  'streams: both ways at once': whole,
  'streams: an error in the middle comes after the items before it': whole,
  'streams: who has said all may still read': whole,
  'streams: who has said all can grant no more': whole,
  ...withoutPolicy,
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
