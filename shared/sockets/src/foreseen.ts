/** An error that a user can cause. Its code says so: of such a one the message is enough. */
export function foreseen(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}
