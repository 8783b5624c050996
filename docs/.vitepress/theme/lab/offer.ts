import type { Offer } from '../../lab/messages.ts'

/** What the server of this page offers to run; undefined on a host that only has files. */
export function findOffer(): Offer | undefined {
  const tag = document.querySelector<HTMLMetaElement>('meta[name="rpc-steps-lab"]')
  return tag ? (JSON.parse(tag.content) as Offer) : undefined
}
