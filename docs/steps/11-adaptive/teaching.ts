import type { Teaching } from '../../.vitepress/teaching/teaching.ts'

export default {
  week: 10,
  workshop: { day: 5, exercises: ['aimd'], without: ['What it cost'] },
  before: ['the queue of step 06, utilisation and overload', 'whom a balancer asks, from step 10', 'that of many times a few are much longer than the rest, and that a mean does not show it'],
  goals: [
    { can: 'work out with Little’s law what a number of requests in flight does to the latency', shown: 'question 11-high' },
    { can: 'write a limit that goes up slowly and down at once', shown: 'exercise aimd' },
    { can: 'say which endings of a request are a sample and which say nothing', shown: 'exercise limited' },
    { can: 'say whom each order of a queue serves when callers lose their patience', shown: 'question 11-late' },
    { can: 'say when a number that somebody chose is as good', shown: 'question 11-worth' },
  ],
  misconceptions: [
    {
      belief: 'A high limit is on the safe side.',
      instead: 'It refuses nobody and lets everybody wait. What is in flight beyond what is worked on is nothing but waiting.',
      shown: 'question 11-high',
    },
    {
      belief: 'A number that was right stays right.',
      instead: 'It was right for the server of that day. When that changes, nothing says so.',
      shown: 'question 11-yesterday',
    },
    {
      belief: 'A quick end is a good sign.',
      instead: 'A server that fails at once is the quickest of all. An error is no success, however quick.',
      shown: 'bug failures-are-quick',
    },
    {
      belief: 'All went well, so there is room for more.',
      instead: 'Only if the limit was reached. One that nobody has filled was not tried.',
      shown: 'bug grows-while-nobody-asks',
    },
    {
      belief: 'First come, first served is the best order there is.',
      instead: 'In a queue that stands, each gets its turn when it has just lost its patience. Who came last is still there.',
      shown: 'question 11-late',
    },
    {
      belief: 'The times that I have are the times that calls take.',
      instead: 'They are those of the calls that came back. The slow ones were given up, and are missing.',
      shown: 'bug survivors-only',
    },
  ],
} satisfies Teaching
