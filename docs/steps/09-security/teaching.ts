import type { Teaching } from '../../.vitepress/teaching/teaching.ts'

export default {
  week: 8,
  workshop: { day: 4, exercises: ['bucket'], without: ['What it cost'] },
  before: ['filters around a handler, from steps 06 to 08', 'that a hash is easy to compute and hard to turn round; signatures are explained'],
  goals: [
    { can: 'say what is needed to be believed, beside a certificate that can be shown', shown: 'question 09-stranger' },
    { can: 'keep strangers from using up the room of those who are known', shown: 'exercise admission' },
    { can: 'hold somebody to a rate without a timer', shown: 'exercise bucket' },
    { can: 'say what can be learned of an encrypted call from outside', shown: 'question 09-size' },
    { can: 'say what TLS makes slower, and what it does not', shown: 'question 09-handshake' },
    { can: 'write a policy that is safe for methods which nobody has thought of yet', shown: 'bug allows-what-it-does-not-know' },
  ],
  misconceptions: [
    {
      belief: 'Who is encrypted knows whom they speak to.',
      instead: 'Without a look at the certificate one may be encrypting for whoever stands in between.',
      shown: 'bug no-verification',
    },
    {
      belief: 'A certificate with my name in it makes somebody me.',
      instead: 'Anybody can write one. It counts if somebody signed it whom the other end believes, and only with the key to it.',
      shown: 'question 09-stranger',
    },
    {
      belief: 'TLS makes calls slow.',
      instead: 'It makes connections dear. On a connection that is there, a call takes little longer.',
      shown: 'question 09-handshake',
    },
    {
      belief: 'Encryption hides everything.',
      instead: 'It hides what is said. How long it is, and when it is said, everybody on the way can see.',
      shown: 'question 09-size',
    },
    {
      belief: 'It is enough if whoever may not gets an error.',
      instead: 'If the handler was asked first, it has been done. The question comes before the work.',
      shown: 'bug check-after-handler',
    },
    {
      belief: 'A token says how it is to be checked.',
      instead: 'Who has made a false token has written that line, too. The server decides which signatures it takes.',
      shown: 'bug algorithm-of-the-token',
    },
    {
      belief: 'Who was known when they connected is known as long as they stay.',
      instead: 'A certificate ends while its connection lives. So its date is looked at with each request.',
      shown: 'bug believed-until-it-hangs-up',
    },
  ],
} satisfies Teaching
