import type { Teaching } from '../../.vitepress/teaching/teaching.ts'

export default {
  week: 11,
  workshop: { day: 5, exercises: [], without: ['Build it', 'Break it', 'What it cost'] },
  before: ['HTTP as one reads it in a log: method, status, headers, body', 'the peer of step 04, and the guard of step 09'],
  goals: [
    { can: 'have a request of somebody else’s language run as any other', shown: 'exercise outside' },
    { can: 'make a stream with back-pressure out of a WebSocket', shown: 'exercise messages' },
    { can: 'say which HTTP status a failed call gets, and for whom that is', shown: 'question 12-status' },
    { can: 'say what keeps a page that is not yours from calling your server', shown: 'bug any-page' },
    { can: 'compare what the same call weighs in several languages', shown: 'question 12-bytes' },
  ],
  misconceptions: [
    {
      belief: 'HTTP has done its part, so the status is that of success.',
      instead: 'Proxies, caches and whoever counts failures look at the status alone. It has to say that the call has failed.',
      shown: 'bug error-as-200',
    },
    {
      belief: 'Each language has errors of its own, so each has to be dealt with by itself.',
      instead: 'What a program does about an error must not depend on what was spoken. An adapter turns all of them into the same.',
      shown: 'question 12-codes',
    },
    {
      belief: 'The types say what comes.',
      instead: 'They say what somebody expected on the day on which they wrote them. What comes has to be checked.',
      shown: 'bug believes-the-types',
    },
    {
      belief: 'A browser asks before it lets a page speak to another server.',
      instead: 'Not for a WebSocket, and not for a form. The server has to look where the page is from.',
      shown: 'bug any-page',
    },
    {
      belief: 'A limit on the size of a body protects the memory.',
      instead: 'Only if it is counted while the body comes. One that is measured when it is there has been kept.',
      shown: 'bug measured-when-it-is-there',
    },
    {
      belief: 'When `send` has returned, the message has left.',
      instead: 'It is kept until the other end reads, and somebody has to count how much that is.',
      shown: 'bug sends-and-forgets',
    },
  ],
} satisfies Teaching
