import type { Teaching } from '../../.vitepress/teaching/teaching.ts'

export default {
  week: 5,
  workshop: { day: 3, exercises: ['places'] },
  before: ['step 05: a limit on the side of the client', 'what a mean is; nothing of queueing theory'],
  goals: [
    { can: 'say when a request in a queue is answered, from the workers and from who stands before it', shown: 'question 06-first-answers' },
    { can: 'give each place back once, however a handler ends', shown: 'exercise places' },
    { can: 'have connections take turns, also for the places in which one waits', shown: 'exercise fair' },
    { can: 'say how waiting grows with utilisation', shown: 'question 06-utilisation' },
    { can: 'decide whether a piece of work belongs on a thread', shown: 'question 06-thread' },
  ],
  misconceptions: [
    {
      belief: 'A longer queue serves more.',
      instead: 'It serves as many, and each of them later. What cannot be done in time should be refused while that is cheap.',
      shown: 'bug no-bound',
    },
    {
      belief: 'A server that is always at work is used well.',
      instead: 'Waiting grows faster and faster as the free time goes. A server without any is one at which somebody always waits.',
      shown: 'question 06-utilisation',
    },
    {
      belief: 'A fairer order makes all of it slower.',
      instead: 'The work is the same, and so is the time until it is done. An order decides who waits.',
      shown: 'question 06-turns',
    },
    {
      belief: 'A server that is asked too much gets less done.',
      instead: 'If it refuses before it begins, it does nearly as much as ever.',
      shown: 'question 06-overload',
    },
    {
      belief: 'When the client has gone, its worker is free.',
      instead: 'The handler is still running, and the next one would run beside it. The place is free when the handler has ended.',
      shown: 'bug given-back-too-early',
    },
    {
      belief: 'A thread makes work quicker.',
      instead: 'It keeps work out of the way of others. To hand it over has its price, and for small work that is nearly all of it.',
      shown: 'question 06-thread',
    },
  ],
} satisfies Teaching
