import type { Teaching } from '../../.vitepress/teaching/teaching.ts'

export default {
  week: 2,
  workshop: { day: 1, exercises: ['settle', 'lost'] },
  before: [
    'functions as values, and what a closure keeps',
    'that `setTimeout` calls back later; why it can is explained in step 03',
  ],
  goals: [
    { can: 'find the caller of each reply by its id, in whatever order replies come', shown: 'exercise settle' },
    { can: 'end everything that is pending when the connection is lost', shown: 'exercise lost' },
    { can: 'keep what a callback throws away from everybody else', shown: 'exercise tell' },
    { can: 'say how often a thread runs for a call that waits, and what it does meanwhile', shown: 'question 02-pieces' },
    { can: 'say why a message should leave in a single write', shown: 'question 02-two-writes' },
  ],
  misconceptions: [
    {
      belief: 'Answers come in the order of the questions.',
      instead: 'They come in the order in which they are ready, and the id of each finds its caller.',
      shown: 'question 02-second-answer',
    },
    {
      belief: 'Asynchronous code runs in another thread.',
      instead: 'All of it runs in one and the same. What waits is not running anywhere: it is an entry in a table, until somebody calls back.',
      shown: 'question 02-pieces',
    },
    {
      belief: 'If the answer is known already, the callback may as well run at once.',
      instead: 'Then it runs before the next line of its caller on some days, and after it on others. It must never run before the call has returned.',
      shown: 'bug called-back-at-once',
    },
    {
      belief: 'The `try` around a call catches what goes wrong in its callback.',
      instead: 'Whoever made the call has long returned. An error in a callback meets nobody, and ends the process with everybody in it.',
      shown: 'question 02-crash',
    },
    {
      belief: 'When a connection is lost, those who wait will notice.',
      instead: 'They notice what they are told. Each pending call has to be ended with an error, or its caller waits for ever.',
      shown: 'bug left-hanging',
    },
    {
      belief: 'Tables, limits and guards make a server slow.',
      instead: 'Beside a system call they are cheap. What counts is how many messages share one.',
      shown: 'question 02-bare',
    },
  ],
} satisfies Teaching
