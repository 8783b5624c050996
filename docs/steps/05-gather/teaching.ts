import type { Teaching } from '../../.vitepress/teaching/teaching.ts'

export default {
  week: 5,
  workshop: { day: 3, exercises: ['limit'] },
  before: ['step 04: what `await` waits for, and what a signal ends', '`Promise.all` and `Promise.allSettled` as one uses them'],
  goals: [
    { can: 'predict the total of some calls: in a row, all at once, and with a limit', shown: 'question 05-two-at-a-time' },
    { can: 'write `gather` with a limit, where the next begins when one has ended', shown: 'exercise limit' },
    { can: 'end the rest when a call fails, and say so only when all have ended', shown: 'exercise first-error' },
    { can: 'say when more calls in flight help, and whom they harm', shown: 'question 05-swamp' },
  ],
  misconceptions: [
    {
      belief: '`Promise.all` stops the others when one of them fails.',
      instead: 'It rejects, and the others go on. What they bring comes to nobody.',
      shown: 'question 05-first-error',
    },
    {
      belief: 'When the caller has its error, the work is over.',
      instead: 'What was begun goes on, and does what it does after the caller was told that it has failed.',
      shown: 'bug losers-go-on',
    },
    {
      belief: 'To keep a limit, take the items in groups.',
      instead: 'The slowest of a group holds up all of the next. Whoever is free should take the next item.',
      shown: 'bug chunks',
    },
    {
      belief: 'Results stand in the order of the calls by themselves.',
      instead: 'They come in the order in which they are ready. Each has to be put in the place of its call.',
      shown: 'bug unordered',
    },
    {
      belief: 'The more at once, the sooner all of it is done.',
      instead: 'That holds for waiting. Work takes as long in any number, and everybody else stands behind it.',
      shown: 'question 05-swamp',
    },
  ],
} satisfies Teaching
