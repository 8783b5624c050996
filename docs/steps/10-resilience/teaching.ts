import type { Teaching } from '../../.vitepress/teaching/teaching.ts'

export default {
  week: 9,
  workshop: { day: 5, exercises: ['breaker'] },
  before: ['what a lost connection does to its calls, from step 04', 'deadline and cancel, from step 07', 'that a number drawn by chance is as likely to be small as large'],
  goals: [
    { can: 'decide by its error whether a call may be tried again, and when', shown: 'exercise again' },
    { can: 'write a breaker that finds out with a single call whether a server is back', shown: 'exercise breaker' },
    { can: 'say how retries keep a server down, and what bounds them', shown: 'question 10-retries' },
    { can: 'say what chance does to a crowd that comes back', shown: 'question 10-jitter' },
    { can: 'say when a second try is dear', shown: 'question 10-hedges' },
    { can: 'make a call safe to be tried again that is not idempotent', shown: 'bug runs-twice-at-once' },
  ],
  misconceptions: [
    {
      belief: 'When the server is back, so is the connection.',
      instead: 'A connection that has ended stays so. Somebody has to make a new one.',
      shown: 'question 10-demo',
    },
    {
      belief: 'If the connection was lost, so was the request.',
      instead: 'It may have been the answer that was lost. Then all has been done, and would be done again.',
      shown: 'bug retries-what-may-have-run',
    },
    {
      belief: 'When the trouble is over, the service is well.',
      instead: 'Each late answer makes further calls, which make answers late. What keeps it down is not what brought it down.',
      shown: 'question 10-retries',
    },
    {
      belief: 'Who waits longer and longer does not come with the crowd.',
      instead: 'All who began at the same moment wait equally long. Only chance takes them apart.',
      shown: 'question 10-jitter',
    },
    {
      belief: 'A few tries for each call are modest.',
      instead: 'Everybody is modest, and together they ask a server in trouble several times as much. A budget is for all calls together.',
      shown: 'bug no-budget',
    },
    {
      belief: 'A server that accepts a connection is well.',
      instead: 'One that falls over when it gets work accepts gladly. It has proved itself when it has answered.',
      shown: 'bug forgets-its-backoff',
    },
    {
      belief: 'A call with a key runs once if its answer is looked up first.',
      instead: 'While it runs there is no answer yet, and that is just when the second try comes. It has to wait for the first.',
      shown: 'bug runs-twice-at-once',
    },
  ],
} satisfies Teaching
