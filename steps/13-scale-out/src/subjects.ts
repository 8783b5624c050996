import { randomBytes } from 'node:crypto'
import { checkSubject, isSubject } from './broker.ts'

/** Where a service is, unless somebody says otherwise. */
export const usualSubject = 'rpc-steps'

/** Nobody else has it, and nobody guesses it: who knows an inbox may speak for its owner. */
export function newName(): string {
  return randomBytes(16).toString('base64url')
}

// #region subjects
/**
 * The subjects of a service. The method is not among them: it comes from outside, and a subject that is made of
 * it would be where its author wants it. Throws TypeError.
 */
export function subjectsOf(service: string) {
  checkSubject(service)
  return {
    /** Requests, for one of the workers. */
    call: `${service}.call`,
    /** Cancels, for all of them: only one knows what is meant, and the caller does not know which. */
    cancel: `${service}.cancel`,
    /** What is for one worker: the last part is one request of its own. */
    worker: (name: string, request: string | number) => `${service}.worker.${name}.${request}`,
  }
}

/** What a client is answered under: the last part is a call of its own. */
export function inboxOf(client: string, call: string | number): string {
  return `_INBOX.${client}.${call}`
}

/** Whether an answer comes from a worker of the service, who can be answered there. */
export function isWorker(service: string, reply: string | undefined): reply is string {
  return isSubject(reply) && reply.startsWith(`${service}.worker.`)
}

/** The last part of a subject. */
export function lastPart(subject: string): string {
  return subject.slice(subject.lastIndexOf('.') + 1)
}

/** All but the last part. */
export function ownerOf(subject: string): string {
  return subject.slice(0, subject.lastIndexOf('.'))
}
// #endregion
