const prefixBytes = 4

/** A frame: four bytes of length, then the text. */
export function frame(text: string): Buffer {
  const bytes = Buffer.alloc(prefixBytes + Buffer.byteLength(text))
  bytes.writeUInt32BE(bytes.length - prefixBytes)
  bytes.write(text, prefixBytes)
  return bytes
}

/** A listener for 'data' that hands on, as one piece, all frames that are whole, and how long each is. */
export function reader(onFrames: (frames: Buffer, lengths: number[]) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = []
  let arrived = 0
  let wanted = prefixBytes
  return (chunk) => {
    chunks.push(chunk)
    arrived += chunk.length
    if (arrived < wanted) return
    const bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks)
    const lengths = []
    let at = 0
    for (wanted = prefixBytes; at + prefixBytes <= arrived; at += wanted) {
      wanted = prefixBytes + bytes.readUInt32BE(at)
      if (at + wanted > arrived) break
      lengths.push(wanted)
    }
    const rest = bytes.subarray(at)
    chunks = rest.length === 0 ? [] : [rest]
    arrived = rest.length
    if (arrived < prefixBytes) wanted = prefixBytes
    if (lengths.length > 0) onFrames(bytes.subarray(0, at), lengths)
  }
}
