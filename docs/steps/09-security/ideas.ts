import type { Idea } from '../../.vitepress/ideas.ts'

/** What this step does in another way than the one before it. */
export default [
  {
    title: 'Who is at the other end',
    line: 'Nobody asked; now it is a name, which was signed by somebody whom both ends believe.',
    after: [
      '09/src/principal.ts#principal', '09/src/certificates.ts#authority', '09/src/credentials.ts#named-by',
      '09/src/credentials.ts#read-credentials', '09/src/authenticated.ts#authenticated', '09/src/principal.ts#identified',
    ],
  },
  {
    title: 'What a connection is',
    line: 'It was bytes that everybody on the way could read and change; now only its two ends can.',
    before: ['04/src/net.ts#listen'],
    after: ['09/src/gate.ts#gate', '09/src/gate.ts#tls', '09/src/connecting.ts#connect'],
  },
  {
    title: 'Who says it when a request is not from its connection',
    line: 'A request carries a text of its own, signed, that says whose it is.',
    after: ['09/src/certificates.ts#sign-token', '09/src/token.ts#tokens', '09/src/connecting.ts#with-token'],
  },
  {
    title: 'What is done for whoever asks',
    line: 'Everything was; now what a rule allows, as often as it allows, and nothing else.',
    after: [
      '09/src/guard.ts#guarded', '09/src/serve.ts#serve', '09/src/policy.ts#rule-for', '09/src/policy.ts#read-policy',
      '09/src/authorised.ts#authorised', '09/src/bucket.ts#take',
    ],
  },
  {
    title: 'How much anybody can have of the server',
    line: 'As much as they took; now there is a bound before each thing that is kept, and strangers have the smallest.',
    after: ['09/src/admission.ts#admission', '09/src/admission.ts#address', '09/src/bounded.ts#bounded', '09/src/bounded-streams.ts#bounded-streams'],
  },
  {
    title: 'What is known afterwards, and what can change meanwhile',
    line: 'Each refusal is written down with its reason, and who is believed can be another one without a new start.',
    after: [
      '09/src/audit.ts#audit', '09/src/guard.ts#read-guard', '09/src/renewing.ts#renewing', '09/src/certificates.ts#folder',
    ],
  },
] satisfies readonly Idea[]
