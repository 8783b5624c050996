import type { Failure } from '../run.ts'
import { causeOfBytes } from './bytes.ts'
import type { Cause } from './bytes.ts'
import { causeOfMessage } from './messages.ts'
import { causeOfNoSleep, causeOfOneClient, causeOfRefusal, causeOfSilence } from './silence.ts'
import type { Lab } from './silence.ts'

/**
 * The likely cause of a failure: by what came, and where that is not enough, by asking the server a little
 * more. Without a `lab` nothing is asked.
 */
export async function causeOf(failure: Failure, lab: Lab | undefined): Promise<Required<Cause>> {
  const { page } = failure.case
  const found = (await causeOfTime(failure, lab)) ?? (await causeOfHow(failure, lab)) ?? causeOfWhatCame(failure) ?? (await causeOfNothing(failure, lab))
  return { page, ...(found ?? { says: `What came is not what is right here: ${failure.difference.says}.` }) }
}

async function causeOfTime(failure: Failure, lab: Lab | undefined): Promise<Cause | undefined> {
  const { arrival, case: { stage, script } } = failure
  if (!lab || stage !== 'waiting' || arrival?.kind !== 'message') return undefined
  const noSleep = script.some((step) => step.text.includes('"sleep"')) ? await causeOfNoSleep(lab) : undefined
  const waits = failure.pending[0]?.on
  const isOther = waits !== undefined && waits !== arrival.on && failure.pending.every((step) => step.on === waits)
  return noSleep ?? (isOther ? causeOfOneClient(failure, lab) : undefined)
}

/** A right call got an error: perhaps because of how it came, and not of what it says. */
async function causeOfHow(failure: Failure, lab: Lab | undefined): Promise<Cause | undefined> {
  const { arrival, pending } = failure
  if (!lab || arrival?.kind !== 'message' || !/"error"\s*:\s*\{/.test(arrival.raw)) return undefined
  const wantsResult = pending.some((step) => step.kind === 'message' && step.text.includes('"result"'))
  return wantsResult ? causeOfRefusal(failure, lab) : undefined
}

async function causeOfNothing(failure: Failure, lab: Lab | undefined): Promise<Cause | undefined> {
  if (failure.arrival?.kind === 'message') return undefined
  return lab && causeOfSilence(failure, lab)
}

function causeOfWhatCame(failure: Failure): Cause | undefined {
  const { arrival, before, transcripts, on, case: { framing } } = failure
  if (!arrival || arrival.kind === 'closed') return undefined
  if (framing === 'newline') return causeOfLine(failure)
  const came = Buffer.concat(transcripts.get(on)?.came ?? [])
  // What came before on this connection was whole: this message begins behind it.
  const start = before.reduce((sum, one) => (one.on === on && one.kind === 'message' ? sum + Buffer.byteLength(one.raw) : sum), 0)
  const cause = causeOfBytes(came.subarray(start))
  if (cause || arrival.kind !== 'message') return cause
  return causeOfMessage(failure, arrival.raw.slice(arrival.bodyAt))
}

function causeOfLine(failure: Failure): Cause | undefined {
  const { arrival } = failure
  const page = 'docs/wire.md#one-text-a-line'
  if (arrival?.kind === 'closed' || !arrival) return undefined
  if (/^Content-Length/i.test(arrival.raw)) return { says: 'A line of JSON is answered with a frame: who speaks in lines is answered in lines.', page }
  try {
    JSON.parse(arrival.raw)
  } catch {
    return arrival.kind === 'message' || !arrival.raw.trim().endsWith('}') ? { says: 'The answer is not one JSON text on one line.', page } : { says: 'The answer does not end in a line end (LF): the reader waits for it.', page }
  }
  if (arrival.kind === 'noise') return { says: 'The answer does not end in a line end (LF): the reader waits for it.', page }
  if (failure.case.script.some((step) => step.kind === 'send' && /\n\r?\n/.test(step.bytes.toString('latin1'))) && /"id"\s*:\s*null/.test(arrival.raw) && arrival.raw.includes('"error"')) {
    return { says: 'A blank line is answered with an error: blank lines are passed over.', page }
  }
  return causeOfMessage(failure, arrival.raw)
}
