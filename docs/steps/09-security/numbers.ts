import { filesUnder } from '../../.vitepress/source.ts'
import { numberIn } from '../../.vitepress/words/claim.ts'
import type { Claims } from '../../.vitepress/words/claim.ts'

const codes = async () => (await import('@rpc-steps/wire')).codes

/** Where the numbers of this chapter come from. */
export default {
  computed: [
    {
      says: ['holds seventeen wrong versions'],
      from: '`steps/09-security/bugs`, counted',
      is: () => [filesUnder('steps/09-security/bugs', '.patch').length],
    },
    {
      says: ['a stranger for more than 5 seconds', 'until its 5 seconds are over', 'you have 5 seconds to be somebody'],
      from: '`steps/09-security/src/admission.ts`, `handshake`',
      is: () => [numberIn('steps/09-security/src/admission.ts', /handshake: ([\d_]+),/) / 1000],
    },
    {
      says: ['All failures have one answer, -32001'],
      from: '`shared/wire/src/errors.ts`, `codes`',
      is: async () => [(await codes()).unauthenticated],
    },
    {
      says: ['known and may not gets -32003'],
      from: '`shared/wire/src/errors.ts`, `codes`',
      is: async () => [(await codes()).permissionDenied],
    },
    {
      says: ['asks more often gets -32029'],
      from: '`shared/wire/src/errors.ts`, `codes`',
      is: async () => [(await codes()).resourceExhausted],
    },
  ],
  cited: [
    {
      says: ['Only version 1.3 is spoken', '**TLS 1.3** is'],
      from: '[RFC 8446](https://www.rfc-editor.org/rfc/rfc8446)',
    },
    {
      says: ['In 1.2, everybody', 'everything in 1.2 that'],
      from: '[RFC 8446, section 1.2](https://www.rfc-editor.org/rfc/rfc8446#section-1.2)',
    },
    { says: ['TLS 1.2 is refused'], from: 'the name of the test' },
    { says: ['handshake, in section 2, is'], from: '[RFC 8446, section 2](https://www.rfc-editor.org/rfc/rfc8446#section-2)' },
  ],
  examples: [
    { says: ['writes a hundred lines'], from: 'the name of the test' },
    {
      says: ['a thousand strangers would cost', 'a thousand strangers would be', 'A thousand connect', 'a thousand silent handshakes'],
      from: 'many; `steps/09-security/test/admission.test.ts` has as many',
    },
  ],
} satisfies Claims
